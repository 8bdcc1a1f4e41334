// The routes of evaluations, and what a person may write about a run.

import type { LoomApi } from '../api';
import type * as shapes from '../generated/shapes';

export const LABELS = ['good', 'fair', 'bad'] as const;

export class EvaluationClient {
  constructor(private _api: LoomApi) {}

  list(): Promise<shapes.EvaluationList> {
    return this._api.get('evaluations');
  }

  face(evaluationId: string): Promise<shapes.EvaluationFace> {
    return this._api.get('evaluation', { evaluation_id: evaluationId });
  }

  datasets(): Promise<shapes.DatasetNames> {
    return this._api.get('evaluation/datasets');
  }

  label(runId: string, label: string, note: string): Promise<shapes.Labelled> {
    return this._api.post('run/label', { run_id: runId, label, note, confirm: true });
  }

  promote(runId: string, dataset: string, expected: string | null): Promise<shapes.Promoted> {
    return this._api.post('evaluation/promote', { run_id: runId, dataset, expected, confirm: true });
  }
}
