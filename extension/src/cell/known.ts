// Names that stand in the log: asked for once, again when the log grew, never more often than every few seconds.

import type { ILoomSidebar } from '../tokens';
import { IKnown } from './suggest';

const FRESH_MS = 10_000;
/** Typing waits no longer than this; what comes later is there the next time. */
const PATIENCE_MS = 150;

export class KnownNames {
  constructor(private readonly _sidebar: ILoomSidebar | null) {
    _sidebar?.api.changed.connect(() => (this._isStale = true));
  }

  /** What is known by now; never waits long, and never fails. */
  async get(): Promise<IKnown> {
    const isOld = Date.now() - this._at > FRESH_MS;
    if (this._sidebar !== null && isOld && this._isStale) {
      this._at = Date.now();
      this._isStale = false;
      this._asked = this._ask(this._sidebar);
    }
    const last = new Promise<IKnown>(resolve => setTimeout(() => resolve(this._last), PATIENCE_MS));
    return Promise.race([this._asked, last]);
  }

  private async _ask(sidebar: ILoomSidebar): Promise<IKnown> {
    try {
      if (!(await sidebar.ready)) {
        return {};
      }
      const { users, models } = await sidebar.api.facets();
      const named = (values: readonly { value: string | null }[]): string[] =>
        values.flatMap(({ value }) => (value ? [value] : []));
      return (this._last = { users: named(users), models: named(models) });
    } catch {
      // A log that can't be read must not break typing; the sidebar says what is wrong with it.
      this._isStale = true;
      return this._last;
    }
  }

  private _asked: Promise<IKnown> = Promise.resolve({});
  private _last: IKnown = {};
  private _at = 0;
  private _isStale = true;
}
