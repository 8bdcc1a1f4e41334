// Names of the commands, so that a palette entry, a shortcut and a test mean the same thing.

export const CATEGORY = 'loomlab';

export const Commands = {
  showRuns: 'loomlab:show-runs',
  showNotebookRuns: 'loomlab:show-notebook-runs',
  showMemory: 'loomlab:show-memory',
  showEvaluations: 'loomlab:show-evaluations',
  searchRuns: 'loomlab:search-runs',
  checkServer: 'loomlab:check-server',
  refreshRuns: 'loomlab:refresh-runs',
  openRun: 'loomlab:open-run',
  alignRuns: 'loomlab:align-runs',
  forkRun: 'loomlab:fork-run',
  copyRunId: 'loomlab:copy-run-id',
  labelRun: 'loomlab:label-run',
  promoteRun: 'loomlab:promote-run',
  openMemory: 'loomlab:open-memory',
  openEvaluation: 'loomlab:open-evaluation',
  openAgain: 'loomlab:open-again',
  newNotebook: 'loomlab:new-notebook'
} as const;
