// Where the background work of the platform says what went wrong. A pino logger fits.

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
