import styles from './node-icon.module.css';

/** The icon of a node type, by the name that its definition gives; takes the colour of the text around it. */
export function NodeIcon({ name, size = 20 }: { readonly name: string; readonly size?: number }) {
  const image = `url("/icons/${encodeURIComponent(name)}.svg")`;
  return <span aria-hidden className={styles.icon} style={{ width: size, height: size, maskImage: image, WebkitMaskImage: image }} />;
}
