// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

export interface IOption {
  readonly name: string;
  readonly meaning: string;
  /** What its value is called; null: it takes none. */
  readonly takes: string | null;
  readonly kind: string;
}

export interface ISetting {
  readonly name: string;
  readonly meaning: string;
  readonly kind: string;
  readonly initial: string | null;
}

export interface ICommand {
  readonly name: string;
  readonly usage: string;
  readonly meaning: string;
  readonly options: readonly IOption[];
  /** What may stand behind its name, where that is one of a few words. */
  readonly words: readonly string[];
}

export const CELL_OPTIONS: readonly IOption[] = [
  {"name": "arch", "meaning": "the way of thinking, for this cell; several, beside each other: react,rewoo", "takes": "NAME", "kind": "arch"},
  {"name": "model", "meaning": "the model, for this cell", "takes": "NAME", "kind": "model"},
  {"name": "tools", "meaning": "tools or functions of this notebook, separated by commas", "takes": "A,B", "kind": "tools"},
  {"name": "out", "meaning": "also bind the result to this name", "takes": "NAME", "kind": "name"},
  {"name": "agent", "meaning": "run this agent of yours instead of the notebook's", "takes": "VARIABLE", "kind": "agent"},
  {"name": "schema", "meaning": "a pydantic model: the answer is typed, in .parsed", "takes": "MODEL", "kind": "schema"},
  {"name": "budget", "meaning": "what this cell may spend: dollars, or 5000tokens", "takes": "AMOUNT", "kind": "budget"},
  {"name": "user", "meaning": "for whom the run is", "takes": "NAME", "kind": "user"},
  {"name": "session", "meaning": "in which conversation", "takes": "NAME", "kind": "session"},
  {"name": "ask", "meaning": "ask me before a tool that changes things runs", "takes": null, "kind": ""},
  {"name": "quiet", "meaning": "show nothing, only bind the result", "takes": null, "kind": ""},
  {"name": "raw", "meaning": "braces in the prompt are plain text", "takes": null, "kind": ""},
  {"name": "new", "meaning": "begin a new conversation", "takes": null, "kind": ""},
  {"name": "ab", "meaning": "two ways or agents beside each other, for your vote; with --on: arms to evaluate", "takes": "A,B", "kind": "ab"},
  {"name": "blind", "meaning": "with --ab: hide which is which until you have voted", "takes": null, "kind": ""},
  {"name": "on", "meaning": "evaluate the arms of --ab on this dataset: a name, a file, or a variable", "takes": "DATASET", "kind": "dataset"},
  {"name": "n", "meaning": "how many cases, drawn with --seed; default: all", "takes": "NUMBER", "kind": "number"},
  {"name": "epochs", "meaning": "how often each case is asked", "takes": "NUMBER", "kind": "number"},
  {"name": "seed", "meaning": "draws the cases and their order; default 0", "takes": "NUMBER", "kind": "number"},
  {"name": "scorer", "meaning": "how answers are scored: default, what the dataset wants", "takes": "NAME", "kind": "scorer"},
  {"name": "margin", "meaning": "the difference in score that is too small to matter", "takes": "NUMBER", "kind": "number"},
  {"name": "timeout", "meaning": "seconds that a case may take", "takes": "SECONDS", "kind": "number"},
  {"name": "at-once", "meaning": "how many trials run at the same time; default 4", "takes": "NUMBER", "kind": "number"},
  {"name": "resume", "meaning": "go on with the same evaluation where it was stopped", "takes": null, "kind": ""},
];

export const EVALUATION_OPTIONS: readonly string[] = [
  "n",
  "epochs",
  "scorer",
  "margin",
  "timeout",
  "at-once",
  "resume",
];

export const NOT_IN_EVALUATIONS: readonly string[] = [
  "arch",
  "agent",
  "schema",
  "session",
  "new",
  "blind",
];

export const SETTINGS: readonly ISetting[] = [
  {"name": "model", "meaning": "what answers: local, echo, gpt-\u2026, claude-\u2026, or a variable", "kind": "model", "initial": null},
  {"name": "cassette", "meaning": "record the model's replies here once, replay them ever after; begins a new conversation", "kind": "path", "initial": null},
  {"name": "arch", "meaning": "the way of thinking", "kind": "arch", "initial": "react"},
  {"name": "tools", "meaning": "tools or functions of this notebook: a,b", "kind": "tools", "initial": null},
  {"name": "instructions", "meaning": "what the agent is told first", "kind": "text", "initial": "You are a helpful assistant."},
  {"name": "user", "meaning": "for whom the runs are; each user's memory is apart", "kind": "user", "initial": null},
  {"name": "session", "meaning": "the conversation; unset: this notebook's own", "kind": "session", "initial": null},
  {"name": "budget", "meaning": "what this notebook may spend: dollars, or 5000tokens", "kind": "budget", "initial": null},
  {"name": "ask", "meaning": "ask you in the cell before a tool that changes things runs: on or off", "kind": "ask", "initial": "off"},
  {"name": "loop", "meaning": "where runs run: portal, or the kernel's own event loop", "kind": "loop", "initial": "portal"},
];

export const COMMANDS: readonly ICommand[] = [
  {"name": "runs", "usage": "%loom runs [--all]", "meaning": "the runs of this notebook, numbered, with the runs inside of them; or the whole log", "options": [{"name": "all", "meaning": "every run of the log, newest first, with its id", "takes": null, "kind": ""}], "words": []},
  {"name": "show", "usage": "%loom show RUN", "meaning": "a run again: its number, last, or an id of the log", "options": [], "words": []},
  {"name": "align", "usage": "%loom align RUN RUN", "meaning": "runs side by side, with the first step at which they part", "options": [], "words": []},
  {"name": "cost", "usage": "%loom cost [--by WHAT] [--all]", "meaning": "tokens and dollars, by model or otherwise", "options": [{"name": "by", "meaning": "one row each: model, role, agent, architecture, user, session, run, day; several as a,b", "takes": "WHAT", "kind": "by"}, {"name": "all", "meaning": "the whole log, not this notebook alone", "takes": null, "kind": ""}], "words": []},
  {"name": "budget", "usage": "%loom budget [--of VAR]", "meaning": "what everybody and each user has used of every cap", "options": [{"name": "of", "meaning": "the budget of this agent, or this budget, instead of all there are", "takes": "VARIABLE", "kind": "budget"}], "words": []},
  {"name": "audit", "usage": "%loom audit [USER] [--log VAR --all --times]", "meaning": "who did what, from the signed audit log, and whether that log is whole", "options": [{"name": "log", "meaning": "an audit log, or an agent that has one", "takes": "VARIABLE", "kind": "log"}, {"name": "all", "meaning": "what was done for everybody, where this notebook has a user", "takes": null, "kind": ""}, {"name": "times", "meaning": "when each thing happened, too", "takes": null, "kind": ""}], "words": []},
  {"name": "sql", "usage": "%loom sql SELECT \u2026", "meaning": "a query over the log; $name is a variable's value", "options": [], "words": []},
  {"name": "memory", "usage": "%loom memory [USER] [--true-at WHEN --known-at WHEN --search TEXT --agent VAR]", "meaning": "look into what is remembered of a user, at any two instants; search, export, forget", "options": [{"name": "true-at", "meaning": "what was true then: a date, or a date and time", "takes": "WHEN", "kind": "time"}, {"name": "known-at", "meaning": "what was known then", "takes": "WHEN", "kind": "time"}, {"name": "search", "meaning": "what would be recalled for a question, and why", "takes": "TEXT", "kind": "text"}, {"name": "agent", "meaning": "look into this agent's memory instead of the notebook's", "takes": "VARIABLE", "kind": "agent"}], "words": []},
  {"name": "tools", "usage": "%loom tools AGENT [--user NAME]", "meaning": "the tools of an agent: where they come from, what is allowed, what became of their calls", "options": [{"name": "user", "meaning": "what this user is allowed, instead of the notebook's", "takes": "NAME", "kind": "user"}], "words": []},
  {"name": "mcp", "usage": "%loom mcp add NAME [as VAR] -- COMMAND \u2026 | list [as VAR] | remove NAME", "meaning": "servers of tools in programs of their own, kept for this notebook", "options": [], "words": ["add", "list", "remove"]},
  {"name": "config", "usage": "%loom config VARIABLE", "meaning": "show the config of an agent; %%loom config VARIABLE edits it in a cell (TOML), and makes the agent", "options": [], "words": []},
  {"name": "vote", "usage": "%loom vote a|b|tie|bad \"why\"", "meaning": "say which of the last two answers is better", "options": [], "words": ["a", "b", "tie", "bad"]},
  {"name": "votes", "usage": "%loom votes [--all]", "meaning": "what people voted for, with exact intervals", "options": [{"name": "all", "meaning": "every vote of the log, not this notebook's alone", "takes": null, "kind": ""}], "words": []},
  {"name": "expect", "usage": "%loom expect FIGURE >= NUMBER @95% [of NAME]", "meaning": "fail here unless the last evaluation, or NAME, holds this: accuracy(react) >= 0.7 @95%, react > rewoo by 0.05", "options": [], "words": []},
  {"name": "reset", "usage": "%loom reset", "meaning": "begin anew: new conversation, memory empty, budget full", "options": [], "words": []},
  {"name": "help", "usage": "%loom help", "meaning": "this page", "options": [], "words": []},
];

export const ARCHITECTURES: readonly string[] = [
  "react",
  "self-refine",
  "reflexion",
  "plan-and-execute",
  "rewoo",
  "tree-of-thoughts",
];

export const TEAMS: Readonly<Record<string, string>> = {
  "router": "Team.router(routes=[RouterRoute(name, agent), \u2026])",
  "supervisor": "Team.supervisor(workers={name: agent, \u2026})",
  "actor-critic": "Team.actor_critic(actor=agent, critic=agent)",
  "debate": "Team.debate(debaters=[agent, agent, \u2026])",
  "swarm": "Team.swarm(agents={name: agent, \u2026}, entry_agent=name)",
  "blackboard": "Team.blackboard(agents={name: agent, \u2026})",
};

export const MODELS: readonly string[] = [
  "local",
  "echo",
  "gpt-4.1-mini",
  "gpt-4.1",
  "claude-sonnet-4-5",
  "claude-haiku-4-5",
  "litellm/",
  "ollama/",
];

export const SCORERS: readonly string[] = [
  "by_case",
  "code",
  "end_state",
  "exact",
  "f1",
  "includes",
  "json_match",
  "model_judge",
  "numeric",
  "pairwise_judge",
  "regex",
  "schema",
  "tool_calls",
];

export const COST_GROUPS: readonly string[] = [
  "model",
  "role",
  "agent",
  "architecture",
  "user",
  "session",
  "run",
  "day",
];

export const MOST_BESIDE_EACH_OTHER: number = 6;

export const MOST_ARMS: number = 12;
