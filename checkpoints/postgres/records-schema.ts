// One table for all records of threads, and the functions through which a step is committed, or a
// checkpoint read, in one round trip. record.ts tells what is in `data`.
//
// Locks are advisory: they write nothing, and end with the transaction, as a transaction pooler needs.
// A writer that carries a fence shares the lock of its root, which acquire() takes alone.

// Index keys are coarse on purpose: rows with equal keys share one entry, which makes an index a tenth
// of its size. `cp_slot` is a tenth of a second of ids that begin with their time, and keeps order;
// `cp_steps` is 32 steps: LangGraph's ids hold the step's number (behind the time, in place of a clock sequence).
// Not more than eight columns: a ninth would cost eight bytes in every row.
const TABLE = `
CREATE FUNCTION cp_slot(p_id bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN length(p_id) <> 16 THEN p_id WHEN get_byte(p_id, 0) = 0 THEN p_id ELSE substring(p_id FROM 1 FOR 5) END $$;
CREATE FUNCTION cp_steps(p_id bytea) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN length(p_id) = 16 THEN set_byte(substring(p_id FROM 9 FOR 2), 1, get_byte(p_id, 9) & 224) ELSE p_id END $$;
CREATE TABLE cp_records (
  thread bigint NOT NULL, lists bigint, vals int, ns text COLLATE "C", id bytea, target bytea, mark text, data bytea NOT NULL);
ALTER TABLE cp_records ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX cp_records_values ON cp_records (thread, vals);
CREATE INDEX cp_records_lists ON cp_records (thread, lists) WHERE lists IS NOT NULL;
CREATE INDEX cp_records_heads ON cp_records (thread, ns, cp_slot(id)) WHERE id IS NOT NULL;
CREATE INDEX cp_records_writes ON cp_records (thread, ns, cp_steps(target)) WHERE target IS NOT NULL;`;

// What was written by the version before, kind by kind.
const MOVE = `
CREATE FUNCTION cp_varint(p_value bigint) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE v_rest bigint := p_value; v_bytes bytea := ''; v_low int;
BEGIN
  LOOP
    v_low := v_rest & 127;
    v_rest := v_rest >> 7;
    v_bytes := v_bytes || set_byte('\\x00', 0, CASE WHEN v_rest > 0 THEN v_low | 128 ELSE v_low END);
    EXIT WHEN v_rest = 0;
  END LOOP;
  RETURN v_bytes;
END $$;
INSERT INTO cp_records (thread, vals, mark, data)
  SELECT thread, (id >> 6) & 2147483647, CASE WHEN length(data) > 1800 THEN id::text END,
    '\\x0001'::bytea || cp_varint(id) || cp_varint(length(data)) || data || '\\x0000'::bytea FROM cp_values;
INSERT INTO cp_records (thread, lists, data)
  SELECT thread, (list << 22) | (position >> 6), '\\x0100'::bytea || set_byte('\\x00', 0, position & 63)
    || cp_varint(coalesce(base, 0)) || cp_varint(length(items)) || items || '\\x0000'::bytea FROM cp_lists;
INSERT INTO cp_records (thread, ns, id, data)
  SELECT thread, ns, id, '\\x0000'::bytea || cp_varint(length(head)) || head || '\\x00'::bytea FROM cp_checkpoints;
INSERT INTO cp_records (thread, ns, target, mark, data)
  SELECT thread, ns, checkpoint, CASE WHEN n > 1 OR pause IS NOT NULL THEN n || coalesce(' ' || pause, '') END,
    '\\x000000'::bytea || cp_varint(length(data)) || data FROM cp_writes;
DROP TABLE cp_values, cp_lists, cp_checkpoints, cp_writes;
DROP FUNCTION cp_varint(bigint);
DROP FUNCTION cp_take(bigint, text, bytea, text[], text, boolean);
DROP FUNCTION cp_commit(text, text, bigint, bigint, text, boolean, bytea[], text[], bigint[], bytea[], bigint[], int[], bigint[],
  bytea[], int[], text[], bytea[], bytea[], text[], bytea[], bytea[], text[], bytea, text[], text, boolean);`;

// The rules of core/answers.ts, takeAnswer. A mark is the number of the writes among their checkpoint's,
// and what they say about pauses; the first, when it says nothing, has none.
const ANSWERS = `
CREATE FUNCTION cp_n(p_mark text) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(split_part(p_mark, ' ', 1)::int, 1) $$;

CREATE FUNCTION cp_pauses(p_tid bigint, p_checkpoint bytea) RETURNS TABLE (n int, pause text) LANGUAGE sql STABLE AS
$$ SELECT cp_n(mark), substr(mark, strpos(mark, ' ') + 1) FROM cp_records
   WHERE thread = p_tid AND ns = '' AND cp_steps(target) = cp_steps(p_checkpoint) AND target = p_checkpoint AND strpos(mark, ' ') > 0 $$;

CREATE FUNCTION cp_take(p_tid bigint, p_thread text, p_checkpoint bytea, p_ids text[], p_by text, p_idle boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v_at int; v_failed int; v_listed text[]; v_keys text[];
BEGIN
  SELECT coalesce(max(n), 0), coalesce(max(n) FILTER (WHERE pause = '!'), 0) INTO v_at, v_failed FROM cp_pauses(p_tid, p_checkpoint);
  SELECT coalesce(array_agg(DISTINCT x.id), '{}') INTO v_listed
    FROM cp_pauses(p_tid, p_checkpoint) w, unnest(string_to_array(w.pause, ' ')) x(id) WHERE w.pause <> '!';
  IF (p_idle AND cardinality(v_listed) = 0) OR NOT coalesce(p_ids, '{}') <@ v_listed THEN
    RAISE EXCEPTION 'Nothing of thread % waits for this answer.', p_thread USING ERRCODE = 'TUT01';
  END IF;
  IF cardinality(v_listed) = 0 THEN v_listed := ARRAY['*']; END IF;
  SELECT coalesce(array_agg(k.key), '{}') INTO v_keys
    FROM unnest(coalesce(p_ids, v_listed)) k(key)
    LEFT JOIN cp_answers a ON a.thread = p_tid AND a.checkpoint = p_checkpoint AND a.key = k.key
    WHERE a.key IS NULL OR v_failed > a.at OR (p_ids IS NOT NULL AND a.by = p_by) OR a.at <
      (SELECT coalesce(max(w.n), 0) FROM cp_pauses(p_tid, p_checkpoint) w
         WHERE w.pause <> '!' AND k.key = ANY (string_to_array(w.pause, ' ')));
  IF (p_ids IS NOT NULL AND cardinality(v_keys) < cardinality(p_ids)) OR (p_ids IS NULL AND cardinality(v_keys) = 0
     AND EXISTS (SELECT FROM cp_answers a WHERE a.thread = p_tid AND a.checkpoint = p_checkpoint AND a.key = ANY (v_listed) AND a.by <> p_by))
  THEN RAISE EXCEPTION 'The pause of thread % was answered already.', p_thread USING ERRCODE = 'TUT01'; END IF;
  IF cardinality(v_keys) = 0 THEN v_keys := v_listed; END IF;
  INSERT INTO cp_answers SELECT p_tid, p_checkpoint, key, v_at, p_by FROM unnest(v_keys) k(key)
    ON CONFLICT (thread, checkpoint, key) DO UPDATE SET at = EXCLUDED.at, by = EXCLUDED.by;
END $$;`;

// Plans of functions are kept, and made while the tables are still empty: they must not read whole tables.
// A list that somebody else continued meanwhile has a segment where the batch wants to put its own.
const COMMIT = `
CREATE FUNCTION cp_commit(
  p_thread text, p_root text, p_fence bigint, p_generation bigint, p_graph text, p_relaxed boolean,
  p_shape_keys bytea[], p_shape_texts text[], p_continued bigint[], p_places int[],
  p_vals int[], p_lists bigint[], p_ns text[], p_ids bytea[], p_targets bytea[], p_marks text[], p_data bytea[],
  p_answer bytea, p_answer_ids text[], p_by text, p_idle boolean) RETURNS bigint LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE t cp_threads; v_token bigint; v_mark text; v_n int; i int;
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
  IF t.id IS NULL THEN
    t.id := nextval('cp_numbers');
    t.generation := t.id;
    INSERT INTO cp_threads (id, thread, generation, graph) VALUES (t.id, p_thread, t.id, p_graph);
  ELSE
    FOR i IN 1 .. cardinality(p_continued) LOOP
      IF EXISTS (SELECT FROM cp_records r WHERE r.thread = t.id AND r.lists = p_continued[i] AND position(
        set_byte('\\x00', 0, p_places[i]) IN substring(r.data FROM 3 FOR get_byte(substring(r.data FROM 1 FOR 1), 0))) > 0)
      THEN RETURN NULL; END IF;
    END LOOP;
    IF t.touched < now() - interval '1 minute' OR (p_graph IS NOT NULL AND p_graph IS DISTINCT FROM t.graph) THEN
      UPDATE cp_threads SET touched = now(), graph = coalesce(p_graph, graph) WHERE id = t.id;
    END IF;
  END IF;
  IF p_answer IS NOT NULL THEN PERFORM cp_take(t.id, p_thread, p_answer, p_answer_ids, p_by, p_idle); END IF;
  IF p_shape_keys IS NOT NULL THEN
    INSERT INTO cp_shapes SELECT * FROM unnest(p_shape_keys, p_shape_texts) ON CONFLICT DO NOTHING;
  END IF;
  FOR i IN 1 .. cardinality(p_data) LOOP
    IF p_ids[i] IS NOT NULL THEN
      UPDATE cp_records SET id = NULL WHERE thread = t.id AND ns = p_ns[i] AND cp_slot(id) = cp_slot(p_ids[i]) AND id = p_ids[i];
      IF FOUND THEN
        DELETE FROM cp_records WHERE thread = t.id AND vals IS NULL AND lists IS NULL AND id IS NULL AND target IS NULL;
      END IF;
    END IF;
    v_mark := p_marks[i];
    IF p_targets[i] IS NOT NULL THEN
      SELECT coalesce(max(cp_n(mark)), 0) + 1 INTO v_n FROM cp_records
        WHERE thread = t.id AND ns = p_ns[i] AND cp_steps(target) = cp_steps(p_targets[i]) AND target = p_targets[i];
      IF v_n > 1 OR v_mark IS NOT NULL THEN v_mark := v_n || coalesce(' ' || v_mark, ''); END IF;
    END IF;
    INSERT INTO cp_records VALUES (t.id, p_lists[i], p_vals[i], p_ns[i], p_ids[i], p_targets[i], v_mark, p_data[i]);
  END LOOP;
  RETURN t.generation;
END $$;`;

// A checkpoint with its writes, and the rows of those before it: of a short thread that is everything
// its state is made of. Lists and values are read as one row each: parsing a thousand would cost more.
const READ = `
CREATE FUNCTION cp_find(p_thread text, p_ns text, p_id bytea, p_nearby int)
  RETURNS TABLE (kind text, tid float8, generation float8, id bytea, lists text, data bytea) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE t cp_threads; h cp_records;
BEGIN
  SELECT * INTO t FROM cp_threads x WHERE x.thread = p_thread;
  IF NOT FOUND THEN RETURN; END IF;
  IF p_id IS NULL THEN
    SELECT * INTO h FROM cp_records r WHERE r.thread = t.id AND r.ns = p_ns AND r.id IS NOT NULL ORDER BY cp_slot(r.id) DESC, r.id DESC LIMIT 1;
  ELSE
    SELECT * INTO h FROM cp_records r WHERE r.thread = t.id AND r.ns = p_ns AND cp_slot(r.id) = cp_slot(p_id) AND r.id = p_id;
  END IF;
  IF NOT FOUND THEN RETURN; END IF;
  RETURN QUERY SELECT 'head', t.id::float8, t.generation::float8, h.id, h.lists::text, h.data;
  RETURN QUERY SELECT 'writes', NULL::float8, NULL::float8, NULL::bytea, r.lists::text, r.data FROM cp_records r
    WHERE r.thread = t.id AND r.ns = p_ns AND cp_steps(r.target) = cp_steps(h.id) AND r.target = h.id ORDER BY cp_n(r.mark);
  RETURN QUERY SELECT 'nearby', NULL::float8, NULL::float8, NULL::bytea, r.lists::text, r.data FROM cp_records r
    WHERE r.thread = t.id AND r.ns = p_ns AND cp_slot(r.id) <= cp_slot(h.id) AND r.id < h.id ORDER BY cp_slot(r.id) DESC, r.id DESC LIMIT p_nearby;
END $$;

CREATE FUNCTION cp_read_lists(p_tid bigint, p_lists bigint[]) RETURNS TABLE (sizes text, data text) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT string_agg(octet_length(r.data) || ' ' || coalesce(r.lists::text, ''), ','), encode(string_agg(r.data, ''::bytea), 'base64')
    FROM unnest(p_lists) l(list), cp_records r WHERE r.thread = p_tid AND r.lists >= l.list << 22 AND r.lists < (l.list + 1) << 22;
END $$;

CREATE FUNCTION cp_read_values(p_tid bigint, p_keys int[], p_ids text[]) RETURNS TABLE (sizes text, data text) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT string_agg(octet_length(r.data) || ' ' || coalesce(r.lists::text, ''), ','), encode(string_agg(r.data, ''::bytea), 'base64') FROM cp_records r
    WHERE r.thread = p_tid AND r.vals = ANY (p_keys) AND (r.mark IS NULL OR r.target IS NOT NULL OR r.mark = ANY (p_ids));
END $$;`;

export const RECORDS_SCHEMA = TABLE + MOVE + ANSWERS + COMMIT + READ;
