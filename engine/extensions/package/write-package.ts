/** Writes packages of extensions: for their authors, and for tests. */
import { ZipFile } from 'yazl';
import type { Crypto } from '../../contract/ports/crypto.ts';
import { PACKAGE_FILES, parseJson, readManifest, signedContent, type PackageSignature, type PublisherScheme } from './read-package.ts';

export interface PackageParts {
  /** The bytes of `manifest.json`. */
  readonly manifest: Uint8Array;
  /** The bytes of `extension.mjs`. */
  readonly code: Uint8Array;
}

/** The time in all packages, so that the same content gives the same bytes. */
const ZIP_TIME = new Date(2020, 0, 1);

/** Signs the parts with the private key of a publisher, and returns the package. */
export async function signPackage(parts: PackageParts, privatePem: string, scheme: PublisherScheme, crypto: Crypto): Promise<Buffer> {
  const { publisher } = readManifest(parseJson(parts.manifest)).manifest;
  const key = crypto.importKey({ format: 'pem', pem: privatePem }, scheme, 'private');
  const signed = await crypto.sign(key, signedContent(parts, crypto));
  const signature: PackageSignature = { publisher, scheme, key: key.fingerprint, signature: Buffer.from(signed).toString('base64') };
  return writePackage(parts, signature);
}

/** Returns the package; without a signature it cannot be installed. */
export async function writePackage({ manifest, code }: PackageParts, signature?: PackageSignature): Promise<Buffer> {
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from(manifest), PACKAGE_FILES.manifest, { mtime: ZIP_TIME });
  zip.addBuffer(Buffer.from(code), PACKAGE_FILES.code, { mtime: ZIP_TIME });
  if (signature !== undefined)
    zip.addBuffer(Buffer.from(JSON.stringify(signature, undefined, 2)), PACKAGE_FILES.signature, { mtime: ZIP_TIME });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
