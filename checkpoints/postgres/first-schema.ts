// The schema as it was first: a table for each kind of record. Kept because databases go through it.

const TABLES = `
CREATE TABLE cp_counters (name text PRIMARY KEY, value bigint NOT NULL);
INSERT INTO cp_counters VALUES ('id', 1);
CREATE SEQUENCE cp_numbers;
CREATE TABLE cp_threads (
  id bigint PRIMARY KEY, thread text COLLATE "C" NOT NULL UNIQUE, generation bigint NOT NULL,
  token bigint NOT NULL DEFAULT 0, touched timestamptz NOT NULL DEFAULT now(), ttl bigint, graph text);
CREATE INDEX cp_threads_touched ON cp_threads (touched) WHERE ttl IS NOT NULL;
CREATE TABLE cp_shapes (key bytea PRIMARY KEY, text text NOT NULL);
CREATE TABLE cp_values (thread bigint NOT NULL, id bigint NOT NULL, data bytea NOT NULL, PRIMARY KEY (thread, id));
CREATE TABLE cp_lists (
  thread bigint NOT NULL, list bigint NOT NULL, position int NOT NULL, base bigint, items bytea NOT NULL,
  PRIMARY KEY (thread, list, position));
CREATE TABLE cp_checkpoints (
  thread bigint NOT NULL, ns text COLLATE "C" NOT NULL, id bytea NOT NULL, head bytea NOT NULL,
  PRIMARY KEY (thread, ns, id));
CREATE TABLE cp_writes (
  thread bigint NOT NULL, ns text COLLATE "C" NOT NULL, checkpoint bytea NOT NULL, n int NOT NULL,
  pause text, data bytea NOT NULL, PRIMARY KEY (thread, ns, checkpoint, n));
CREATE TABLE cp_answers (
  thread bigint NOT NULL, checkpoint bytea NOT NULL, key text COLLATE "C" NOT NULL, at int NOT NULL, by text NOT NULL,
  PRIMARY KEY (thread, checkpoint, key));
CREATE TABLE st_items (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, ns text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
  value bytea NOT NULL, text text, created timestamptz NOT NULL, updated timestamptz NOT NULL, ttl bigint,
  expires timestamptz, words tsvector GENERATED ALWAYS AS (to_tsvector('simple', coalesce(text, ''))) STORED,
  UNIQUE (ns, key));
CREATE INDEX st_items_expires ON st_items (expires) WHERE expires IS NOT NULL;
CREATE INDEX st_items_words ON st_items USING gin (words);
CREATE TABLE st_vectors (
  item bigint NOT NULL REFERENCES st_items (id) ON DELETE CASCADE, path text NOT NULL, model text NOT NULL,
  dims int NOT NULL, embedding real[] NOT NULL, PRIMARY KEY (item, path));
CREATE TABLE cp_trash (thread bigint PRIMARY KEY);
-- values are compressed by us where it pays
ALTER TABLE cp_values ALTER COLUMN data SET STORAGE EXTERNAL;
ALTER TABLE cp_lists SET (fillfactor = 70);`;

const FUNCTIONS = `
CREATE FUNCTION cp_lock(p_name text) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT hashtextextended(p_name, 7311) $$;

CREATE FUNCTION cp_create(p_thread text, p_graph text) RETURNS cp_threads LANGUAGE plpgsql AS $$
DECLARE t cp_threads; v_id bigint := nextval('cp_numbers');
BEGIN
  INSERT INTO cp_threads (id, thread, generation, graph) VALUES (v_id, p_thread, v_id, p_graph) RETURNING * INTO t;
  RETURN t;
END $$;

CREATE FUNCTION cp_acquire(p_root text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE t cp_threads;
BEGIN
  PERFORM pg_advisory_xact_lock(cp_lock(p_root));
  SELECT * INTO t FROM cp_threads WHERE thread = p_root;
  IF NOT FOUND THEN t := cp_create(p_root, NULL); END IF;
  UPDATE cp_threads SET token = token + 1, touched = now() WHERE id = t.id RETURNING * INTO t;
  RETURN t.token;
END $$;

-- The rules of core/answers.ts, takeAnswer.
CREATE FUNCTION cp_take(p_tid bigint, p_thread text, p_checkpoint bytea, p_ids text[], p_by text, p_idle boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_at int; v_failed int; v_listed text[]; v_keys text[];
BEGIN
  SELECT coalesce(max(n), 0), coalesce(max(n) FILTER (WHERE pause = '!'), 0) INTO v_at, v_failed
    FROM cp_writes WHERE thread = p_tid AND ns = '' AND checkpoint = p_checkpoint AND pause IS NOT NULL;
  SELECT coalesce(array_agg(DISTINCT x.id), '{}') INTO v_listed
    FROM cp_writes w, unnest(string_to_array(w.pause, ' ')) x(id)
    WHERE w.thread = p_tid AND w.ns = '' AND w.checkpoint = p_checkpoint AND w.pause <> '!';
  IF (p_idle AND cardinality(v_listed) = 0) OR NOT coalesce(p_ids, '{}') <@ v_listed THEN
    RAISE EXCEPTION 'Nothing of thread % waits for this answer.', p_thread USING ERRCODE = 'TUT01';
  END IF;
  IF cardinality(v_listed) = 0 THEN v_listed := ARRAY['*']; END IF;
  SELECT coalesce(array_agg(k.key), '{}') INTO v_keys
    FROM unnest(coalesce(p_ids, v_listed)) k(key)
    LEFT JOIN cp_answers a ON a.thread = p_tid AND a.checkpoint = p_checkpoint AND a.key = k.key
    WHERE a.key IS NULL OR v_failed > a.at OR (p_ids IS NOT NULL AND a.by = p_by) OR a.at <
      (SELECT coalesce(max(w.n), 0) FROM cp_writes w WHERE w.thread = p_tid AND w.ns = '' AND w.checkpoint = p_checkpoint
         AND w.pause <> '!' AND k.key = ANY (string_to_array(w.pause, ' ')));
  IF (p_ids IS NOT NULL AND cardinality(v_keys) < cardinality(p_ids)) OR (p_ids IS NULL AND cardinality(v_keys) = 0
     AND EXISTS (SELECT FROM cp_answers a WHERE a.thread = p_tid AND a.checkpoint = p_checkpoint AND a.key = ANY (v_listed) AND a.by <> p_by))
  THEN RAISE EXCEPTION 'The pause of thread % was answered already.', p_thread USING ERRCODE = 'TUT01'; END IF;
  IF cardinality(v_keys) = 0 THEN v_keys := v_listed; END IF;
  INSERT INTO cp_answers SELECT p_tid, p_checkpoint, key, v_at, p_by FROM unnest(v_keys) k(key)
    ON CONFLICT (thread, checkpoint, key) DO UPDATE SET at = EXCLUDED.at, by = EXCLUDED.by;
END $$;

CREATE FUNCTION cp_answer(p_thread text, p_checkpoint bytea, p_ids text[], p_by text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE t cp_threads;
BEGIN
  PERFORM pg_advisory_xact_lock(cp_lock(p_thread));
  SELECT * INTO t FROM cp_threads WHERE thread = p_thread;
  IF NOT FOUND THEN RAISE EXCEPTION 'Thread % was deleted.', p_thread USING ERRCODE = 'TUT01'; END IF;
  PERFORM cp_take(t.id, p_thread, p_checkpoint, p_ids, p_by, false);
END $$;

CREATE FUNCTION cp_commit(
  p_thread text, p_root text, p_fence bigint, p_generation bigint, p_graph text, p_relaxed boolean,
  p_shape_keys bytea[], p_shape_texts text[], p_value_ids bigint[], p_value_data bytea[],
  p_lists bigint[], p_positions int[], p_bases bigint[], p_items bytea[], p_expects int[],
  p_ns text[], p_ids bytea[], p_heads bytea[],
  p_write_ns text[], p_write_ids bytea[], p_write_data bytea[], p_pauses text[],
  p_answer bytea, p_answer_ids text[], p_by text, p_idle boolean) RETURNS bigint LANGUAGE plpgsql
  -- its plans are kept, and made while the tables are still empty: they must not read whole tables
  SET enable_seqscan = off AS $$
DECLARE t cp_threads; v_token bigint; i int;
BEGIN
  IF p_relaxed THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;
  IF p_fence IS NOT NULL AND p_root <> p_thread THEN PERFORM pg_advisory_xact_lock_shared(cp_lock(p_root)); END IF;
  PERFORM pg_advisory_xact_lock(cp_lock(p_thread));
  IF p_fence IS NOT NULL THEN
    SELECT token INTO v_token FROM cp_threads WHERE thread = p_root;
    IF NOT FOUND THEN RAISE EXCEPTION 'Thread % was deleted while a run was writing to it.', p_root USING ERRCODE = 'TUT01'; END IF;
    IF v_token > p_fence THEN RAISE EXCEPTION 'Thread % has a newer owner (fence % > %).', p_root, v_token, p_fence USING ERRCODE = 'TUT01'; END IF;
  END IF;
  SELECT * INTO t FROM cp_threads WHERE thread = p_thread;
  IF p_generation IS NOT NULL AND p_generation IS DISTINCT FROM t.generation THEN RETURN NULL; END IF;
  IF t.id IS NULL THEN t := cp_create(p_thread, p_graph);
  ELSIF t.touched < now() - interval '1 minute' OR (p_graph IS NOT NULL AND p_graph IS DISTINCT FROM t.graph) THEN
    UPDATE cp_threads SET touched = now(), graph = coalesce(p_graph, graph) WHERE id = t.id;
  END IF;
  IF p_answer IS NOT NULL THEN PERFORM cp_take(t.id, p_thread, p_answer, p_answer_ids, p_by, p_idle); END IF;
  IF p_shape_keys IS NOT NULL THEN
    INSERT INTO cp_shapes SELECT * FROM unnest(p_shape_keys, p_shape_texts) ON CONFLICT DO NOTHING;
  END IF;
  IF p_value_ids IS NOT NULL THEN
    INSERT INTO cp_values SELECT t.id, v.id, v.data FROM unnest(p_value_ids, p_value_data) v(id, data);
  END IF;
  IF p_lists IS NOT NULL THEN
    FOR i IN 1 .. cardinality(p_lists) LOOP
      IF p_expects[i] IS NULL THEN
        INSERT INTO cp_lists VALUES (t.id, p_lists[i], p_positions[i], p_bases[i], p_items[i]) ON CONFLICT DO NOTHING;
      ELSE
        UPDATE cp_lists SET items = items || p_items[i]
          WHERE thread = t.id AND list = p_lists[i] AND position = p_positions[i] AND length(items) = p_expects[i];
      END IF;
      IF NOT FOUND THEN RAISE EXCEPTION 'moved' USING ERRCODE = 'TUT02'; END IF;
    END LOOP;
  END IF;
  IF p_ns IS NOT NULL THEN
    INSERT INTO cp_checkpoints SELECT t.id, c.ns, c.id, c.head FROM unnest(p_ns, p_ids, p_heads) c(ns, id, head)
      ON CONFLICT (thread, ns, id) DO UPDATE SET head = EXCLUDED.head;
  END IF;
  IF p_write_ns IS NOT NULL THEN
    FOR i IN 1 .. cardinality(p_write_ns) LOOP
      INSERT INTO cp_writes SELECT t.id, p_write_ns[i], p_write_ids[i], coalesce(max(n), 0) + 1, p_pauses[i], p_write_data[i]
        FROM cp_writes WHERE thread = t.id AND ns = p_write_ns[i] AND checkpoint = p_write_ids[i];
    END LOOP;
  END IF;
  RETURN t.generation;
END $$;`;

// A host that counts the runs of a thread gives the token.
const GIVEN_TOKENS = `
DROP FUNCTION cp_acquire(text);
CREATE FUNCTION cp_acquire(p_root text, p_token bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE t cp_threads; v_token bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(cp_lock(p_root));
  SELECT * INTO t FROM cp_threads WHERE thread = p_root;
  IF NOT FOUND THEN t := cp_create(p_root, NULL); END IF;
  v_token := coalesce(p_token, t.token + 1);
  IF v_token < t.token THEN
    RAISE EXCEPTION 'Thread % has a newer owner (fence % > %).', p_root, t.token, v_token USING ERRCODE = 'TUT01';
  END IF;
  UPDATE cp_threads SET token = v_token, touched = now() WHERE id = t.id;
  RETURN v_token;
END $$;`;

export const FIRST_SCHEMA = [TABLES + FUNCTIONS, GIVEN_TOKENS];
