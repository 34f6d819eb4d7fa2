import styles from './node-icon.module.css';

/**
 * Shows the icon of a node type, in the colour of the surrounding text. `name` comes from the definition of the node
 * type.
 */
export function NodeIcon({ name, size = 20 }: { readonly name: string; readonly size?: number }) {
  const image = `url("/icons/${encodeURIComponent(name)}.svg")`;
  return <span aria-hidden className={styles.icon} style={{ width: size, height: size, maskImage: image, WebkitMaskImage: image }} />;
}
