// Made by `python extension/make_types.py`. Do not edit: change the Python it is made from, and run that again.

/** Version of this extension, as `package.json` says. */
export const VERSION = '0.1.0';
