-- The ledger in PostgreSQL 14 or later. Each call of the program is one function, one statement and
-- one transaction; repeated after a lost answer, it says the same again. Time is the server's.
-- Lock order, without exception: campaign, runs, accounts, steps, and within one of them by key.
BEGIN;
SELECT pg_advisory_xact_lock(1684107883); -- one at a time makes it
CREATE SCHEMA IF NOT EXISTS darkroom;
SET LOCAL search_path = darkroom;

-- Functions of an earlier program may have had other answers.
DO $$ DECLARE v regprocedure; BEGIN
  FOR v IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'darkroom'::regnamespace LOOP
    EXECUTE 'DROP FUNCTION ' || v || ' CASCADE';
  END LOOP;
END $$;

CREATE TABLE IF NOT EXISTS meta(name text PRIMARY KEY, text text NOT NULL);
INSERT INTO meta VALUES ('salt', replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')),
  ('name', replace(gen_random_uuid()::text, '-', '')), ('version', '2') ON CONFLICT DO NOTHING;
UPDATE meta SET text = '2' WHERE name = 'version';

-- A limit that is null is none. `file` is what a job file said when the limits were its own.
CREATE TABLE IF NOT EXISTS campaigns(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, shards int NOT NULL,
  generations bigint, cost bigint, file_generations bigint, file_cost bigint,
  begun timestamptz NOT NULL);
-- A shard of a campaign. Its holder is its fence: whoever is another one changes nothing. `used`
-- counts what is open and what is paid, `may` is the part of the campaign's limits that the shard
-- may use: their difference is its purse. So no row is hot that all shards have in common.
CREATE TABLE IF NOT EXISTS runs(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign bigint NOT NULL, shard int NOT NULL,
  holder bigint NOT NULL DEFAULT 0, grants bigint NOT NULL DEFAULT 0,
  taken_at timestamptz NOT NULL DEFAULT '-infinity',
  used_generations bigint NOT NULL DEFAULT 0, used_cost bigint NOT NULL DEFAULT 0,
  may_generations bigint NOT NULL DEFAULT 0, may_cost bigint NOT NULL DEFAULT 0,
  UNIQUE (campaign, shard)) WITH (fillfactor = 50);
-- Processes, by a random name of each. `expires` is the end of the lease.
CREATE TABLE IF NOT EXISTS holders(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, session text NOT NULL UNIQUE,
  run bigint NOT NULL, host text NOT NULL, machine text NOT NULL, pid bigint NOT NULL,
  start bigint NOT NULL, directory bigint NOT NULL,
  begun timestamptz NOT NULL, renewed timestamptz NOT NULL, expires timestamptz NOT NULL)
  WITH (fillfactor = 50);
CREATE TABLE IF NOT EXISTS accounts(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key bytea NOT NULL UNIQUE,
  open int NOT NULL DEFAULT 0 CHECK (open >= 0),
  next_at timestamptz NOT NULL DEFAULT '-infinity', hold_until timestamptz NOT NULL DEFAULT '-infinity',
  look_at timestamptz NOT NULL DEFAULT '-infinity', parked_holder bigint NOT NULL DEFAULT 0,
  parked_verdict text NOT NULL DEFAULT '', parked_code text NOT NULL DEFAULT '',
  parked_text text NOT NULL DEFAULT '') WITH (fillfactor = 20);
-- A state is 1 open, 2 paid, 3 free: never renumber. `wall_ms` is the time of the host that has sent
-- it, as its journal has it.
CREATE TABLE IF NOT EXISTS steps(
  run bigint NOT NULL, step bytea NOT NULL, account bigint NOT NULL, holder bigint NOT NULL,
  nonce bigint NOT NULL, wall_ms bigint NOT NULL, request bytea NOT NULL, price bigint NOT NULL,
  state smallint NOT NULL, place boolean NOT NULL, lost boolean NOT NULL DEFAULT false,
  by_search boolean NOT NULL DEFAULT false, task text NOT NULL DEFAULT '',
  word bigint NOT NULL DEFAULT 0, -- the call that has ended it
  ask bigint NOT NULL DEFAULT 0, -- the question that was answered with go, among its holder's
  taker bigint NOT NULL DEFAULT 0, -- the directory that was shown it, which is not its sender's
  sent_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  named_at timestamptz NOT NULL DEFAULT '-infinity', PRIMARY KEY (run, step)) WITH (fillfactor = 80);
CREATE INDEX IF NOT EXISTS steps_open ON steps(account, ends_at) WHERE state = 1;
CREATE INDEX IF NOT EXISTS steps_open_of_run ON steps(run) WHERE state = 1;
CREATE INDEX IF NOT EXISTS steps_found ON steps(account, sent_at) WHERE by_search;
CREATE TABLE IF NOT EXISTS tasks(account bigint NOT NULL, task text NOT NULL, run bigint NOT NULL,
  step bytea NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (account, task));
CREATE TABLE IF NOT EXISTS spent(account bigint NOT NULL, quarter bigint NOT NULL,
  cost bigint NOT NULL, PRIMARY KEY (account, quarter)) WITH (fillfactor = 50);
-- A charge is a payment besides that of a step's row.
CREATE TABLE IF NOT EXISTS charges(run bigint NOT NULL, step bytea NOT NULL, task text NOT NULL,
  at timestamptz NOT NULL, PRIMARY KEY (run, step, task));
-- Columns that the first version did not have.
DO $$ BEGIN
  ALTER TABLE steps ADD COLUMN IF NOT EXISTS ask bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS taker bigint NOT NULL DEFAULT 0;
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'darkroom' AND
      table_name = 'runs' AND column_name = 'may_cost') THEN RETURN; END IF;
  ALTER TABLE campaigns ADD COLUMN file_generations bigint, ADD COLUMN file_cost bigint;
  UPDATE campaigns SET file_generations = generations, file_cost = cost;
  ALTER TABLE runs ADD COLUMN used_generations bigint NOT NULL DEFAULT 0,
    ADD COLUMN used_cost bigint NOT NULL DEFAULT 0,
    ADD COLUMN may_generations bigint NOT NULL DEFAULT 0,
    ADD COLUMN may_cost bigint NOT NULL DEFAULT 0;
  UPDATE runs SET
    used_generations = (SELECT count(*) FROM steps WHERE run = runs.id AND state <> 3) +
      (SELECT count(*) FROM charges WHERE run = runs.id),
    used_cost = (SELECT coalesce(sum(price), 0) FROM steps WHERE run = runs.id AND state <> 3) +
      (SELECT coalesce(sum(price), 0) FROM charges JOIN steps USING (run, step)
        WHERE charges.run = runs.id);
  ALTER TABLE campaigns DROP COLUMN IF EXISTS used_generations, DROP COLUMN IF EXISTS used_cost;
  UPDATE runs SET may_generations = used_generations, may_cost = used_cost;
END $$;

-- The last payment of a directory up to which the ledger has all.
CREATE TABLE IF NOT EXISTS entered(run bigint NOT NULL, directory bigint NOT NULL,
  step bytea NOT NULL, at bigint NOT NULL, PRIMARY KEY (run, directory));

CREATE OR REPLACE FUNCTION present() RETURNS timestamptz LANGUAGE sql AS
  'SELECT clock_timestamp()';
CREATE OR REPLACE FUNCTION us_of(p interval) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  'SELECT ceil(extract(epoch FROM p) * 1000000)::bigint';
CREATE OR REPLACE FUNCTION quarter_of(p timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  'SELECT floor(extract(epoch FROM p) / 900)::bigint'; -- the days of all zones begin with one
CREATE OR REPLACE FUNCTION time_of(ms bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  'SELECT timestamptz ''epoch'' + ms * interval ''1 ms''';

CREATE OR REPLACE FUNCTION is_alive(p_holder bigint) RETURNS boolean LANGUAGE sql STABLE
SET search_path = darkroom, pg_temp AS
  'SELECT coalesce((SELECT expires > present() FROM holders WHERE id = p_holder), false)';

CREATE OR REPLACE FUNCTION account_of(p_key bytea) RETURNS bigint LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_id bigint;
BEGIN
  SELECT id INTO v_id FROM accounts WHERE key = p_key;
  IF FOUND THEN RETURN v_id; END IF;
  INSERT INTO accounts(key) VALUES (p_key) ON CONFLICT DO NOTHING;
  SELECT id INTO v_id FROM accounts WHERE key = p_key;
  RETURN v_id;
END $$;

-- Locks the run, for the holder alone.
CREATE OR REPLACE FUNCTION stay(p_run bigint, p_holder bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM runs WHERE id = p_run AND holder = p_holder FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'another process has taken over this shard'
    USING ERRCODE = 'DR001'; END IF;
END $$;

-- The run is locked. Returns how many requests of it were ever granted.
CREATE OR REPLACE FUNCTION spend(p_run bigint, p_account bigint, p_at timestamptz, p_cost bigint,
  p_generations int, p_grants int DEFAULT 0) RETURNS bigint LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_grants bigint;
BEGIN
  INSERT INTO spent AS s(account, quarter, cost) VALUES (p_account, quarter_of(p_at), p_cost)
    ON CONFLICT (account, quarter) DO UPDATE SET cost = s.cost + excluded.cost;
  UPDATE runs SET used_generations = used_generations + p_generations,
      used_cost = used_cost + p_cost, grants = grants + p_grants
    WHERE id = p_run RETURNING grants INTO v_grants;
  RETURN v_grants;
END $$;

-- Takes back what the shards of a locked campaign may use and have not.
CREATE OR REPLACE FUNCTION gather(p_campaign bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM runs WHERE campaign = p_campaign ORDER BY id FOR UPDATE;
  UPDATE runs SET may_generations = used_generations, may_cost = used_cost
    WHERE campaign = p_campaign;
END $$;

CREATE OR REPLACE FUNCTION left_of(p_campaign campaigns, OUT o_generations bigint,
  OUT o_cost bigint) LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT p_campaign.generations - sum(greatest(may_generations, used_generations)),
    p_campaign.cost - sum(greatest(may_cost, used_cost)) FROM runs WHERE campaign = p_campaign.id
$$;

-- Lets a shard use more of the limits, at least for one request if there is as much left.
CREATE OR REPLACE FUNCTION fill(p_run bigint, p_price bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v campaigns; v_left record; v_parts bigint;
BEGIN
  SELECT * INTO v FROM campaigns WHERE id = (SELECT campaign FROM runs WHERE id = p_run) FOR UPDATE;
  v_left := left_of(v);
  IF v_left.o_generations < 1 OR v_left.o_cost < p_price THEN
    PERFORM gather(v.id);
    v_left := left_of(v);
    IF v_left.o_generations < 1 OR v_left.o_cost < p_price THEN RETURN; END IF;
  END IF;
  v_parts := 2 * v.shards;
  UPDATE runs SET
    may_generations = greatest(may_generations, used_generations) +
      coalesce(greatest(1, least(64, v_left.o_generations / v_parts)), 0),
    may_cost = greatest(may_cost, used_cost) +
      coalesce(greatest(p_price, least(64 * p_price, v_left.o_cost / v_parts)), 0)
    WHERE id = p_run;
END $$;

-- A limit that is null is none.
CREATE OR REPLACE FUNCTION set_limits(p_campaign bigint, p_generations bigint, p_cost bigint)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
BEGIN
  UPDATE campaigns SET generations = p_generations, cost = p_cost WHERE id = p_campaign;
  -- whoever is granted something holds its run, and then sees these
  PERFORM gather(p_campaign);
END $$;

-- Returns whether the task is the step's own now.
CREATE OR REPLACE FUNCTION claim(p_account bigint, p_task text, p_run bigint, p_step bytea)
RETURNS boolean LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
BEGIN
  INSERT INTO tasks VALUES (p_account, p_task, p_run, p_step, present()) ON CONFLICT DO NOTHING;
  RETURN EXISTS (SELECT 1 FROM tasks WHERE account = p_account AND task = p_task AND
    run = p_run AND step = p_step);
END $$;

-- Takes a shard, or says who has it. `p_gone`: a holder that is known to have died. A repeated
-- question of one session gets the same answer. The first limits of a campaign are those of the
-- process that has some; after that, a job file with others is refused. `p_version`: of these
-- functions, so that a program of another version finds none.
CREATE OR REPLACE FUNCTION take_shard(p_campaign text, p_shard int, p_shards int, p_session text,
  p_host text, p_machine text, p_pid bigint, p_start bigint, p_directory bigint,
  p_ttl_ms bigint, p_gone bigint, p_generations bigint, p_cost bigint, p_version_2 int,
  OUT o_run bigint,
  OUT o_holder bigint, OUT o_salt text, OUT o_name text,
  OUT o_shards int, OUT o_wait_ms bigint, OUT o_host text, OUT o_machine text, OUT o_pid bigint,
  OUT o_start bigint, OUT o_last bigint, OUT o_renewal text, OUT o_grants bigint,
  OUT o_generations bigint, OUT o_cost bigint, OUT o_is_refused boolean)
LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_campaign campaigns; v_run runs; v_last holders; t timestamptz; v_is_decided boolean;
  v_is_known boolean;
BEGIN
  SELECT text INTO o_salt FROM meta WHERE meta.name = 'salt';
  SELECT text INTO o_name FROM meta WHERE meta.name = 'name';
  INSERT INTO campaigns(name, shards, begun) SELECT p_campaign, p_shards, present()
    WHERE NOT EXISTS (SELECT 1 FROM campaigns WHERE name = p_campaign) ON CONFLICT DO NOTHING;
  SELECT * INTO v_campaign FROM campaigns WHERE name = p_campaign FOR UPDATE;
  o_shards := v_campaign.shards;
  o_holder := 0; o_wait_ms := 0; o_host := ''; o_machine := '';
  o_pid := 0; o_start := 0; o_last := 0; o_renewal := '';
  o_generations := v_campaign.generations; o_cost := v_campaign.cost;
  v_is_decided := coalesce(o_generations, o_cost, v_campaign.file_generations,
    v_campaign.file_cost) IS NOT NULL;
  IF o_shards <> p_shards THEN RETURN; END IF;
  v_is_known := (p_generations IS NULL AND p_cost IS NULL) OR
    (p_generations IS NOT DISTINCT FROM o_generations AND p_cost IS NOT DISTINCT FROM o_cost) OR
    (p_generations IS NOT DISTINCT FROM v_campaign.file_generations AND
      p_cost IS NOT DISTINCT FROM v_campaign.file_cost);
  o_is_refused := v_is_decided AND NOT v_is_known;
  IF o_is_refused THEN RETURN; END IF;
  INSERT INTO runs(campaign, shard) SELECT v_campaign.id, p_shard
    WHERE NOT EXISTS (SELECT 1 FROM runs WHERE campaign = v_campaign.id AND shard = p_shard)
    ON CONFLICT DO NOTHING;
  SELECT * INTO v_run FROM runs WHERE campaign = v_campaign.id AND shard = p_shard FOR UPDATE;
  t := present();
  o_run := v_run.id; o_grants := v_run.grants;
  SELECT * INTO v_last FROM holders WHERE id = v_run.holder;
  IF v_last.session = p_session THEN -- asked again: the caller counts its lease from now on
    o_holder := v_last.id;
    UPDATE holders SET renewed = t, expires = t + p_ttl_ms * interval '1 ms' WHERE id = o_holder;
    RETURN;
  END IF;
  IF v_last.expires > t AND v_last.id <> p_gone THEN
    o_wait_ms := us_of(v_last.expires - t) / 1000 + 1;
    o_host := v_last.host;
    o_machine := v_last.machine; o_pid := v_last.pid; o_start := v_last.start; o_last := v_last.id;
    o_renewal := v_last.renewed::text;
    RETURN;
  END IF;
  INSERT INTO holders(session, run, host, machine, pid, start, directory, begun, renewed, expires)
    VALUES (p_session, v_run.id, p_host, p_machine, p_pid, p_start, p_directory, t, t,
      t + p_ttl_ms * interval '1 ms') RETURNING id INTO o_holder;
  UPDATE holders SET expires = '-infinity' WHERE id = v_last.id;
  UPDATE runs SET holder = o_holder, taken_at = t WHERE id = v_run.id;
  IF p_generations IS NULL AND p_cost IS NULL THEN RETURN; END IF;
  IF NOT v_is_decided THEN PERFORM set_limits(v_campaign.id, p_generations, p_cost); END IF;
  UPDATE campaigns SET file_generations = p_generations, file_cost = p_cost
    WHERE id = v_campaign.id AND (file_generations IS DISTINCT FROM p_generations OR
      file_cost IS DISTINCT FROM p_cost);
END $$;

-- False: another one has taken the shard. Also after the lease has expired, if nobody has.
CREATE OR REPLACE FUNCTION renew(p_run bigint, p_holder bigint, p_ttl_ms bigint)
RETURNS boolean LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM runs WHERE id = p_run AND holder = p_holder FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE holders SET renewed = present(), expires = present() + p_ttl_ms * interval '1 ms'
    WHERE id = p_holder;
  RETURN true;
END $$;

-- The count of a run directory, for a database that went back in time.
CREATE OR REPLACE FUNCTION restore_grants(p_run bigint, p_holder bigint, p_grants bigint)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM stay(p_run, p_holder);
  UPDATE runs SET grants = greatest(grants, p_grants) WHERE id = p_run;
END $$;

CREATE OR REPLACE FUNCTION release(p_run bigint, p_holder bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM 1 FROM runs WHERE id = p_run AND holder = p_holder FOR UPDATE;
  IF FOUND THEN
    UPDATE runs SET may_generations = used_generations, may_cost = used_cost WHERE id = p_run;
  END IF;
  UPDATE holders SET expires = '-infinity' WHERE id = p_holder;
END $$;

-- Gives back the places of requests that must have ended; the account is locked.
CREATE OR REPLACE FUNCTION sweep(p_account bigint, p_holder bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_step record; t timestamptz := present();
BEGIN
  FOR v_step IN SELECT run, step FROM steps WHERE account = p_account AND state = 1 AND place AND
      ends_at <= t AND (holder <> p_holder OR ask <= 0) AND
      (ends_at + interval '60 s' <= t OR NOT is_alive(holder)) ORDER BY run, step LOOP
    UPDATE steps SET place = false WHERE run = v_step.run AND step = v_step.step;
    UPDATE accounts SET open = open - 1 WHERE id = p_account;
  END LOOP;
END $$;

-- Looks first without a lock: who has to wait writes nothing.
CREATE OR REPLACE FUNCTION ask_grant(p_run bigint, p_holder bigint, p_step bytea, p_nonce bigint,
  p_key bytea, p_request bytea, p_price bigint, p_places int, p_interval_us bigint,
  p_total_ms bigint, p_wall_ms bigint, p_since bigint[], p_most bigint[], p_ask bigint,
  OUT o_verdict text, OUT o_wait_us bigint, OUT o_may_change boolean, OUT o_cap int,
  OUT o_spent bigint, OUT o_why_verdict text, OUT o_why_code text, OUT o_why_text text,
  OUT o_grants bigint, OUT o_held_key bytea, OUT o_held_request bytea, OUT o_held_task text,
  OUT o_held_by_search boolean, OUT o_held_ms bigint)
LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE t timestamptz; at timestamptz; v_account bigint := account_of(p_key); v_known steps;
  a accounts; v_sum bigint; v_campaign campaigns; v_used record; v_charge record;
  v_directory bigint := (SELECT directory FROM holders WHERE id = p_holder);
  v_left record; v_is_short boolean := false; v_may_change boolean;
BEGIN
  o_wait_us := 0; o_may_change := false; o_cap := 0; o_spent := 0; o_grants := 0;
  o_why_verdict := ''; o_why_code := ''; o_why_text := '';
  o_held_key := ''; o_held_request := ''; o_held_task := ''; o_held_by_search := false; o_held_ms := 0;
  FOR pass IN 1..2 LOOP
    IF pass = 2 THEN
      IF v_is_short THEN PERFORM fill(p_run, p_price); END IF;
      PERFORM stay(p_run, p_holder);
      IF NOT is_alive(p_holder) THEN RAISE EXCEPTION 'the lease has expired'
        USING ERRCODE = 'DR002'; END IF;
      PERFORM 1 FROM accounts WHERE id = v_account FOR UPDATE;
    END IF;
    t := present();
    SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step;
    IF FOUND AND v_known.state = 3 AND v_known.holder = p_holder AND v_known.ask >= p_ask THEN
      o_verdict := 'open'; RETURN; -- a question that was repeated comes late: nobody listens
    END IF;
    IF FOUND AND v_known.state <> 3 THEN
      o_verdict := CASE WHEN v_known.state = 2 THEN 'paid'
        WHEN v_known.holder = p_holder AND v_known.nonce = p_nonce THEN 'go' ELSE 'open' END;
      SELECT grants INTO o_grants FROM runs WHERE id = p_run;
      SELECT key INTO o_held_key FROM accounts WHERE id = v_known.account;
      o_held_request := v_known.request; o_held_task := v_known.task;
      o_held_by_search := v_known.by_search;
      o_held_ms := (us_of(t - v_known.sent_at) + 999) / 1000;
      IF o_verdict <> 'go' THEN
        UPDATE steps SET taker = v_directory,
            ask = CASE WHEN holder = p_holder AND ask = -1 THEN 0 ELSE ask END
          WHERE run = p_run AND step = p_step AND state <> 3 AND
            (taker <> v_directory OR (holder = p_holder AND ask = -1));
      END IF;
      IF o_verdict = 'go' AND v_known.ask < p_ask THEN
        UPDATE steps SET ask = p_ask
          WHERE run = p_run AND step = p_step AND holder = p_holder AND nonce = p_nonce;
      END IF;
      RETURN;
    END IF;
    -- an attempt that had been called free was paid after all
    SELECT charges.task, charges.at, accounts.key INTO v_charge FROM charges JOIN tasks ON
        tasks.task = charges.task AND tasks.run = charges.run AND tasks.step = charges.step
        JOIN accounts ON accounts.id = tasks.account
      WHERE charges.run = p_run AND charges.step = p_step AND charges.task <> ''
      ORDER BY charges.at DESC LIMIT 1;
    IF FOUND THEN
      o_verdict := 'paid'; o_held_key := v_charge.key; o_held_task := v_charge.task;
      o_held_request := p_request; o_held_ms := (us_of(t - v_charge.at) + 999) / 1000;
      RETURN;
    END IF;
    SELECT * INTO a FROM accounts WHERE id = v_account;
    IF a.parked_holder >= p_holder THEN
      o_verdict := 'parked'; o_why_verdict := a.parked_verdict; o_why_code := a.parked_code;
      o_why_text := a.parked_text; RETURN;
    END IF;
    IF a.open >= p_places THEN
      IF pass = 2 THEN
        PERFORM sweep(v_account, p_holder);
        SELECT * INTO a FROM accounts WHERE id = v_account;
      END IF;
      IF a.open >= p_places AND (pass = 2 OR NOT EXISTS (SELECT 1 FROM steps WHERE
          account = v_account AND state = 1 AND place AND ends_at <= t AND
          (holder <> p_holder OR ask <= 0) AND (ends_at + interval '60 s' <= t OR NOT is_alive(holder)))) THEN
        o_verdict := 'full'; o_wait_us := 100000; RETURN;
      END IF;
      IF pass = 1 THEN CONTINUE; END IF;
    END IF;
    at := greatest(a.next_at, a.hold_until);
    IF at > t THEN o_verdict := 'rate'; o_wait_us := us_of(at - t); RETURN; END IF;
    FOR i IN 1..coalesce(array_length(p_since, 1), 0) LOOP
      SELECT coalesce(sum(cost), 0) INTO v_sum FROM spent WHERE account = v_account AND
        quarter >= quarter_of(time_of(p_since[i]));
      IF v_sum + p_price > p_most[i] THEN o_cap := i; o_spent := v_sum; END IF;
    END LOOP;
    IF o_cap > 0 THEN
      o_verdict := 'spent';
      o_may_change := EXISTS (SELECT 1 FROM steps WHERE account = v_account AND state = 1 AND
        NOT lost AND run <> p_run AND ends_at > t - interval '60 s' AND is_alive(holder));
      RETURN;
    END IF;
    SELECT * INTO v_campaign FROM campaigns
      WHERE id = (SELECT campaign FROM runs WHERE id = p_run);
    -- payments that were entered late may have used more than a shard's part: that is all of theirs
    v_left := left_of(v_campaign);
    SELECT v_left.o_generations < 0 OR v_left.o_cost < 0 OR
        used_generations + 1 > CASE WHEN v_campaign.generations IS NOT NULL THEN may_generations END
        OR used_cost + p_price > CASE WHEN v_campaign.cost IS NOT NULL THEN may_cost END
      INTO v_is_short FROM runs WHERE id = p_run;
    IF coalesce(v_is_short, false) THEN
      -- before the sums: what is given back after them is asked for again
      v_may_change := EXISTS (SELECT 1 FROM steps WHERE state = 1 AND run <> p_run AND
        run IN (SELECT id FROM runs WHERE campaign = v_campaign.id) AND NOT lost AND
        is_alive(holder));
      SELECT sum(used_generations) AS generations, sum(used_cost) AS cost INTO v_used
        FROM runs WHERE campaign = v_campaign.id;
      IF v_used.generations + 1 > v_campaign.generations OR
         v_used.cost + p_price > v_campaign.cost THEN
        o_verdict := 'budget'; o_may_change := v_may_change; RETURN;
      END IF;
      IF pass = 2 THEN o_verdict := 'rate'; o_wait_us := 1000; RETURN; END IF; -- asks again
    END IF;
  END LOOP;
  at := CASE WHEN a.next_at >= t - interval '100 ms' THEN a.next_at ELSE t END;
  UPDATE accounts SET open = open + 1, next_at = at + p_interval_us * interval '1 us'
    WHERE id = v_account;
  INSERT INTO steps(run, step, account, holder, nonce, wall_ms, request, price, state, place,
      sent_at, ends_at, ask)
    VALUES (p_run, p_step, v_account, p_holder, p_nonce, p_wall_ms, p_request, p_price, 1, true, t,
      t + p_total_ms * interval '1 ms', p_ask)
    ON CONFLICT (run, step) DO UPDATE SET account = excluded.account, holder = excluded.holder,
      nonce = excluded.nonce, wall_ms = excluded.wall_ms, request = excluded.request,
      price = excluded.price, state = 1, place = true, lost = false, by_search = false, task = '',
      word = 0, ask = excluded.ask, taker = 0, sent_at = excluded.sent_at, ends_at = excluded.ends_at,
      named_at = '-infinity';
  o_grants := spend(p_run, v_account, t, p_price, 1, 1);
  o_verdict := 'go';
END $$;

-- Makes a task a step's own, by the service's own answer or by a search.
-- True for a call about an earlier request of the step, which this holder has sent since: it was
-- repeated on another connection, and comes late. `p_ask`: 0 for a request of an earlier holder.
CREATE OR REPLACE FUNCTION is_late(p_known steps, p_holder bigint, p_ask bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = darkroom, pg_temp AS $$
  SELECT p_known.holder = p_holder AND p_known.ask <> p_ask
$$;

CREATE OR REPLACE FUNCTION name_task(p_run bigint, p_holder bigint, p_step bytea, p_task text,
  p_by_search boolean, p_ask bigint) RETURNS text LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_known steps;
BEGIN
  PERFORM stay(p_run, p_holder);
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step;
  IF NOT FOUND THEN RETURN 'known'; END IF;
  IF NOT claim(v_known.account, p_task, p_run, p_step) THEN RETURN 'taken'; END IF;
  IF is_late(v_known, p_holder, p_ask) THEN RETURN 'known'; END IF;
  IF v_known.state <> 1 THEN RETURN 'known'; END IF;
  UPDATE steps SET task = p_task, by_search = p_by_search, named_at = present()
    WHERE run = p_run AND step = p_step;
  RETURN 'done';
END $$;

CREATE OR REPLACE FUNCTION settle(p_run bigint, p_holder bigint, p_step bytea, p_state smallint,
  p_task text, p_call bigint, p_ask bigint) RETURNS text LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_known steps;
BEGIN
  PERFORM stay(p_run, p_holder);
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step;
  IF NOT FOUND OR is_late(v_known, p_holder, p_ask) THEN RETURN 'known'; END IF;
  IF v_known.state <> 1 THEN
    RETURN CASE WHEN v_known.word = p_call THEN 'done' ELSE 'known' END;
  END IF;
  PERFORM 1 FROM accounts WHERE id = v_known.account FOR UPDATE;
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step FOR UPDATE;
  IF p_state = 2 AND p_task <> '' AND p_task <> v_known.task THEN
    IF NOT claim(v_known.account, p_task, p_run, p_step) THEN RETURN 'taken'; END IF;
    UPDATE steps SET task = p_task WHERE run = p_run AND step = p_step;
  END IF;
  UPDATE steps SET state = p_state, place = false, lost = false, word = p_call
    WHERE run = p_run AND step = p_step;
  IF v_known.place THEN
    UPDATE accounts SET open = open - 1 WHERE id = v_known.account;
  END IF;
  IF p_state = 3 THEN
    PERFORM spend(p_run, v_known.account, v_known.sent_at, -v_known.price, -1);
  END IF;
  RETURN 'done';
END $$;

CREATE OR REPLACE FUNCTION note_paid(p_run bigint, p_holder bigint, p_step bytea, p_task text,
  p_call bigint, p_ask bigint) RETURNS text LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_entered text := settle(p_run, p_holder, p_step, 2::smallint, p_task, p_call, p_ask);
BEGIN
  IF v_entered = 'taken' THEN
    RETURN settle(p_run, p_holder, p_step, 2::smallint, '', p_call, p_ask);
  END IF;
  RETURN v_entered;
END $$;

CREATE OR REPLACE FUNCTION lose(p_run bigint, p_holder bigint, p_step bytea, p_ask bigint)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_known steps;
BEGIN
  PERFORM stay(p_run, p_holder);
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step AND state = 1;
  IF NOT FOUND OR is_late(v_known, p_holder, p_ask) THEN RETURN; END IF;
  PERFORM 1 FROM accounts WHERE id = v_known.account FOR UPDATE;
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step FOR UPDATE;
  UPDATE steps SET place = false, lost = true WHERE run = p_run AND step = p_step;
  IF v_known.place THEN
    UPDATE accounts SET open = open - 1 WHERE id = v_known.account;
  END IF;
END $$;

-- The task stays the step's: nobody else may take it.
CREATE OR REPLACE FUNCTION set_aside(p_run bigint, p_holder bigint, p_step bytea, p_ask bigint)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM stay(p_run, p_holder);
  UPDATE steps SET task = '', by_search = false, named_at = '-infinity'
    WHERE run = p_run AND step = p_step AND state = 1 AND
      NOT (holder = p_holder AND ask <> p_ask);
END $$;

CREATE OR REPLACE FUNCTION charge(p_run bigint, p_step bytea, p_task text, p_account bigint,
  p_at timestamptz, p_cost bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
BEGIN
  INSERT INTO charges VALUES (p_run, p_step, p_task, p_at) ON CONFLICT DO NOTHING;
  IF FOUND THEN PERFORM spend(p_run, p_account, p_at, p_cost, 1); END IF;
END $$;

CREATE OR REPLACE FUNCTION charge_again(p_run bigint, p_holder bigint, p_step bytea, p_task text,
  p_key bytea, p_cost bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key);
BEGIN
  PERFORM stay(p_run, p_holder);
  PERFORM 1 FROM accounts WHERE id = v_account FOR UPDATE;
  PERFORM charge(p_run, p_step, p_task, v_account, present(), p_cost);
END $$;

-- Says what other runs have: tasks of those asked for, and their requests with their ages.
CREATE OR REPLACE FUNCTION others(p_run bigint, p_key bytea, p_tasks text[])
RETURNS TABLE (o_kind text, o_task text, o_step bytea, o_request bytea, o_sent_ms bigint,
  o_named_ms bigint) LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key); t timestamptz := present();
BEGIN
  RETURN QUERY SELECT 'task', asked.task, ''::bytea, ''::bytea, 0::bigint, 0::bigint
    FROM unnest(p_tasks) WITH ORDINALITY AS asked(task, place) JOIN tasks ON
      tasks.account = v_account AND tasks.task = asked.task AND tasks.run <> p_run
    ORDER BY asked.place;
  RETURN QUERY SELECT
    -- a holder that does not renew may yet send, or name its task, while nobody has its shard
    CASE WHEN NOT lost AND t < ends_at + interval '60 s' AND coalesce((SELECT
        expires > '-infinity' FROM holders WHERE holders.id = steps.holder), false)
      THEN 'in_flight' ELSE 'lost' END,
    ''::text, step, request, (us_of(t - sent_at) + 999) / 1000, 0::bigint
    FROM steps WHERE account = v_account AND state = 1 AND run <> p_run AND task = '';
  RETURN QUERY SELECT 'found', ''::text, step, request, (us_of(t - sent_at) + 999) / 1000,
    us_of(t - named_at) / 1000
    FROM steps WHERE account = v_account AND by_search AND run <> p_run AND
      sent_at > t - interval '25 h' AND named_at > '-infinity';
END $$;

-- Takes turns to ask about tasks. A crash of the server may forget them.
CREATE OR REPLACE FUNCTION look_turn(p_key bytea, p_pace_us bigint, p_questions int)
RETURNS bigint LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key); at timestamptz; t timestamptz;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT look_at INTO at FROM accounts WHERE id = v_account FOR UPDATE;
  t := present();
  at := greatest(at, t);
  UPDATE accounts SET look_at = at + p_pace_us * p_questions * interval '1 us'
    WHERE id = v_account;
  RETURN us_of(at - t);
END $$;

-- Who has the places of an account, besides the one that asks.
CREATE OR REPLACE FUNCTION places_taken(p_key bytea, p_holder bigint)
RETURNS TABLE (o_host text, o_pid bigint, o_places bigint, o_is_alive boolean, o_until_ms bigint)
LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT coalesce(min(holders.host), ''), coalesce(min(holders.pid), 0), count(*),
    is_alive(steps.holder), greatest(0, us_of(max(ends_at) - present()) / 1000)
  FROM steps LEFT JOIN holders ON holders.id = steps.holder
  WHERE account = (SELECT id FROM accounts WHERE key = p_key) AND state = 1 AND place AND
    steps.holder <> p_holder
  GROUP BY steps.holder ORDER BY steps.holder
$$;

CREATE OR REPLACE FUNCTION slow_down(p_key bytea, p_wait_us bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key);
BEGIN
  UPDATE accounts SET hold_until = greatest(hold_until, present() + p_wait_us * interval '1 us')
    WHERE id = v_account;
END $$;

CREATE OR REPLACE FUNCTION park(p_key bytea, p_verdict text, p_code text, p_text text)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key);
BEGIN
  UPDATE accounts SET parked_holder = (SELECT max(id) FROM holders), parked_verdict = p_verdict,
    parked_code = p_code, parked_text = p_text WHERE id = v_account;
END $$;

-- The steps asked for and, of the run, all open ones.
-- `o_is_taken`: the directory was shown it. `o_nonce`: 0 for a request of another directory, whose numbers may be the same.
CREATE OR REPLACE FUNCTION known_steps(p_run bigint, p_steps bytea[], p_directory bigint)
RETURNS TABLE (o_step bytea, o_state smallint, o_task text, o_nonce bigint, o_is_taken boolean)
LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT step, state, task, CASE WHEN EXISTS (SELECT 1 FROM holders WHERE
      holders.id = steps.holder AND holders.directory = p_directory) THEN nonce ELSE 0 END,
    taker = p_directory
    FROM steps
    WHERE run = p_run AND (state = 1 OR step = ANY (p_steps))
$$;

-- Says of each task: 0 nobody's, 1 this run's, 2 another's.
CREATE OR REPLACE FUNCTION whose_tasks(p_run bigint, p_accounts bigint[], p_tasks text[])
RETURNS TABLE (o_whose int) LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT CASE WHEN tasks.run IS NULL THEN 0 WHEN tasks.run = p_run THEN 1 ELSE 2 END
    FROM unnest(p_accounts, p_tasks) WITH ORDINALITY AS asked(account, task, place)
    LEFT JOIN tasks ON tasks.account = asked.account AND tasks.task = asked.task
    ORDER BY asked.place
$$;

-- A step for which a search has found another task leaves that to whoever has lost an equal request:
-- of two tasks only one can be its own.
CREATE OR REPLACE FUNCTION enter_tasks(p_run bigint, p_holder bigint, p_accounts bigint[],
  p_tasks text[], p_steps bytea[]) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
BEGIN
  PERFORM stay(p_run, p_holder);
  INSERT INTO tasks SELECT account, task, p_run, step, present()
    FROM unnest(p_accounts, p_tasks, p_steps) AS given(account, task, step)
    WHERE NOT EXISTS (SELECT 1 FROM steps WHERE steps.run = p_run AND steps.step = given.step AND
      steps.by_search AND steps.state <> 3 AND steps.task NOT IN ('', given.task))
    ORDER BY account, task ON CONFLICT DO NOTHING; -- in one order: no two wait for each other
END $$;

-- Returns whether it is the request that a directory's journal has with this number; 0: one that it
-- was shown, and has taken over.
CREATE OR REPLACE FUNCTION is_same(p_known steps, p_directory bigint, p_nonce bigint, p_task text)
RETURNS boolean LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT (p_task <> '' AND p_known.task = p_task) OR
    (p_nonce = 0 AND p_known.taker = p_directory) OR
    (p_nonce <> 0 AND p_known.nonce = p_nonce AND EXISTS (SELECT 1 FROM holders
      WHERE id = p_known.holder AND directory = p_directory))
$$;

-- An open request that the journal has; one that nobody has seen has a place while it may run.
CREATE OR REPLACE FUNCTION enter_open(p_run bigint, p_holder bigint, p_step bytea, p_key bytea,
  p_request bytea, p_price bigint, p_task text, p_by_search boolean, p_sent_ms bigint,
  p_total_ms bigint, p_nonce bigint) RETURNS void LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v_account bigint := account_of(p_key); v_known steps;
  v_directory bigint := (SELECT directory FROM holders WHERE id = p_holder);
  v_sent timestamptz := time_of(p_sent_ms);
  v_ends timestamptz := time_of(p_sent_ms) + p_total_ms * interval '1 ms';
BEGIN
  PERFORM stay(p_run, p_holder);
  PERFORM 1 FROM accounts WHERE id = v_account FOR UPDATE;
  SELECT * INTO v_known FROM steps WHERE run = p_run AND step = p_step;
  IF NOT FOUND OR v_known.state = 3 THEN
    DELETE FROM steps WHERE run = p_run AND step = p_step;
    INSERT INTO steps(run, step, account, holder, nonce, wall_ms, request, price, state, place,
        lost, sent_at, ends_at)
      VALUES (p_run, p_step, v_account, 0, 0, p_sent_ms, p_request, p_price, 1,
        v_ends > present(), true, v_sent, v_ends);
    PERFORM spend(p_run, v_account, v_sent, p_price, 1);
    IF v_ends > present() THEN UPDATE accounts SET open = open + 1 WHERE id = v_account; END IF;
  ELSIF NOT is_same(v_known, v_directory, p_nonce, p_task) AND (v_known.wall_ms > p_sent_ms OR
      -- the clocks of two hosts say nothing where numbers do
      (p_nonce <> 0 AND (v_known.nonce <> 0 OR v_known.holder <> 0)) OR
      (p_task <> '' AND v_known.task <> '' AND v_known.task <> p_task)) THEN
    -- A later request than the journal's, which is an older copy. No word about the earlier one,
    -- which has ended, is about this one: is_late() says so until the step is asked for.
    -- Its number is that of another directory, which may have given the same to another request.
    UPDATE steps SET holder = p_holder, ask = -1, nonce = 0, taker = 0
      WHERE run = p_run AND step = p_step;
    RETURN;
  END IF;
  IF p_task = '' OR NOT claim(v_account, p_task, p_run, p_step) THEN RETURN; END IF;
  UPDATE steps SET task = p_task, by_search = p_by_search WHERE run = p_run AND step = p_step;
END $$;

CREATE OR REPLACE FUNCTION last_entered(p_run bigint, p_holder bigint, OUT o_step bytea,
  OUT o_at bigint) LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT step, at FROM entered WHERE run = p_run AND
    directory = (SELECT directory FROM holders WHERE id = p_holder)
$$;

-- Payments that a directory has made without the ledger, each once.
CREATE OR REPLACE FUNCTION enter_payments(p_run bigint, p_holder bigint, p_steps bytea[],
  p_accounts bigint[], p_tasks text[], p_at_ms bigint[], p_costs bigint[], p_again boolean[])
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v record; v_at timestamptz;
BEGIN
  PERFORM stay(p_run, p_holder);
  PERFORM 1 FROM accounts WHERE id = ANY (p_accounts) ORDER BY id FOR UPDATE;
  -- in one order: no two wait for each other
  FOR v IN SELECT * FROM unnest(p_steps, p_accounts, p_tasks, p_at_ms, p_costs, p_again)
      AS given(step, account, task, at_ms, cost, again) ORDER BY account, task LOOP
    IF NOT v.again AND EXISTS (SELECT 1 FROM steps WHERE run = p_run AND step = v.step AND
      state = 2) THEN CONTINUE; END IF;
    IF EXISTS (SELECT 1 FROM charges WHERE run = p_run AND step = v.step AND task = v.task) THEN
      CONTINUE; END IF;
    -- a task that another run has was paid there: this directory is a copy, or was merged
    IF v.task <> '' AND NOT claim(v.account, v.task, p_run, v.step) AND NOT EXISTS (SELECT 1
      FROM tasks WHERE account = v.account AND task = v.task AND run = p_run) THEN CONTINUE; END IF;
    v_at := time_of(v.at_ms);
    IF v.again THEN
      PERFORM charge(p_run, v.step, v.task, v.account, v_at, v.cost);
      CONTINUE;
    END IF;
    DELETE FROM steps WHERE run = p_run AND step = v.step;
    INSERT INTO steps(run, step, account, holder, nonce, wall_ms, request, price, state, place,
        task, sent_at, ends_at)
      VALUES (p_run, v.step, v.account, 0, 0, v.at_ms, '', v.cost, 2, false, v.task, v_at, v_at);
    PERFORM spend(p_run, v.account, v_at, v.cost, 1);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION end_entering(p_run bigint, p_holder bigint, p_step bytea, p_at bigint)
RETURNS void LANGUAGE plpgsql SET search_path = darkroom, pg_temp AS $$
DECLARE v_directory bigint;
BEGIN
  PERFORM stay(p_run, p_holder);
  SELECT directory INTO v_directory FROM holders WHERE id = p_holder;
  IF p_step IS NOT NULL THEN
    INSERT INTO entered VALUES (p_run, v_directory, p_step, p_at)
      ON CONFLICT (run, directory) DO UPDATE SET step = p_step, at = p_at;
  END IF;
END $$;

-- False: there is no such campaign.
CREATE OR REPLACE FUNCTION set_budget(p_name text, p_sets_generations boolean,
  p_generations bigint, p_sets_cost boolean, p_cost bigint) RETURNS boolean LANGUAGE plpgsql
SET search_path = darkroom, pg_temp AS $$
DECLARE v campaigns;
BEGIN
  SELECT * INTO v FROM campaigns WHERE name = p_name FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM set_limits(v.id, CASE WHEN p_sets_generations THEN p_generations ELSE v.generations END,
    CASE WHEN p_sets_cost THEN p_cost ELSE v.cost END);
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION status_of_campaigns()
RETURNS TABLE (o_name text, o_shards int, o_generations bigint, o_cost bigint,
  o_used_generations bigint, o_used_cost bigint)
LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT name, shards, generations, cost,
    coalesce(sum(runs.used_generations), 0)::bigint, coalesce(sum(runs.used_cost), 0)::bigint
  FROM campaigns LEFT JOIN runs ON runs.campaign = campaigns.id
  GROUP BY campaigns.id ORDER BY campaigns.id
$$;

-- What a shard has paid or open, from a step on; paid is also what had been called free before.
CREATE OR REPLACE FUNCTION steps_of_shard(p_campaign text, p_shard int, p_after bytea, p_most int)
RETURNS TABLE (o_step bytea, o_is_paid boolean, o_cost bigint) LANGUAGE sql STABLE
SET search_path = darkroom, pg_temp AS $$
  SELECT step, state <> 1, price FROM steps
  WHERE run = (SELECT runs.id FROM runs JOIN campaigns ON campaigns.id = runs.campaign
      WHERE campaigns.name = p_campaign AND runs.shard = p_shard) AND
    step > p_after AND (state <> 3 OR EXISTS (SELECT 1 FROM charges WHERE charges.run = steps.run
      AND charges.step = steps.step AND charges.task <> '')) ORDER BY step LIMIT p_most
$$;

-- A line for each shard that was ever held, for people.
CREATE OR REPLACE FUNCTION status_of_shards()
RETURNS TABLE (o_campaign text, o_shard int, o_shards int, o_host text, o_pid bigint,
  o_age_s bigint, o_is_alive boolean, o_open bigint, o_paid bigint, o_open_cost bigint,
  o_paid_cost bigint) LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT campaigns.name, runs.shard, campaigns.shards, coalesce(holders.host, ''),
    coalesce(holders.pid, 0),
    coalesce(extract(epoch FROM present() - holders.renewed), 0)::bigint,
    coalesce(holders.expires > present(), false),
    count(steps.step) FILTER (WHERE state = 1), count(steps.step) FILTER (WHERE state = 2),
    coalesce(sum(price) FILTER (WHERE state = 1), 0)::bigint,
    coalesce(sum(price) FILTER (WHERE state = 2), 0)::bigint
  FROM runs JOIN campaigns ON campaigns.id = runs.campaign
    LEFT JOIN holders ON holders.id = runs.holder LEFT JOIN steps ON steps.run = runs.id
  GROUP BY campaigns.id, campaigns.name, runs.shard, campaigns.shards, holders.host, holders.pid,
    holders.renewed, holders.expires
  ORDER BY campaigns.id, runs.shard
$$;

CREATE OR REPLACE FUNCTION status_of_accounts()
RETURNS TABLE (o_name text, o_open int, o_day_cost bigint, o_parked text, o_hold_s bigint)
LANGUAGE sql STABLE SET search_path = darkroom, pg_temp AS $$
  SELECT left(encode(key, 'hex'), 8), open,
    coalesce((SELECT sum(cost) FROM spent WHERE account = accounts.id AND
      quarter >= quarter_of(present() - interval '24 h')), 0)::bigint,
    parked_code, greatest(0, ceil(extract(epoch FROM
      greatest(hold_until, timestamptz 'epoch') - present())))::bigint
  FROM accounts ORDER BY id
$$;
COMMIT;
