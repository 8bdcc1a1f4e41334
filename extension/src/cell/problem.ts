/** What is wrong at a place of a cell, and its remedy: the sentence with which the run would fail. */
export interface IProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}
