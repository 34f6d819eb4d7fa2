/**
 * Limits where adapters may read and write files: in the folders of `KQ_FILE_ROOTS`, and never among the platform's own
 * files. Every node that opens a file calls it first.
 */
export interface FileAccess {
  /**
   * Returns the path with all links resolved; only this path may be opened. The file itself need not exist. Rejects with
   * FILE_OUTSIDE_ROOTS (input) if the path is not absolute, leaves the allowed folders, or is a link to nothing, and with
   * FILE_FOLDER_MISSING (input) if its folder does not exist.
   */
  resolve(path: string): Promise<string>;
}
