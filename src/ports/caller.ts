// On whose behalf a run works, as policy sees it.

export interface Caller {
  readonly kind: "person" | "key";
  readonly id: string;
  readonly tenant: string;
  /** `admin`, `runner`, `reviewer` or `viewer`; `none` where a host names nobody's role. */
  readonly role: string;
}
