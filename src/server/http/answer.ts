// Plain answers.

export const json = (
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response =>
  new Response(JSON.stringify(value ?? null), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

export const noContent = (headers: Readonly<Record<string, string>> = {}, status = 204): Response =>
  new Response(null, { status, headers });
