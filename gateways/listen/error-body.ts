/** An error in the form that a caller reads. */
export interface ErrorBody {
  readonly status: number;
  readonly mediaType: string;
  readonly text: string;
}
