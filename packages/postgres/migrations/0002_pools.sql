create table "sage_auth".pools (
  pool text collate "C" primary key,
  permits integer not null,
  hung boolean not null default false
) with (fillfactor = 50);
create table "sage_auth".pool_processes (
  process uuid primary key,
  beaten_at timestamptz not null
) with (fillfactor = 50);
create table "sage_auth".permits (
  process uuid not null,
  ticket bigint not null,
  pool text collate "C" not null,
  place bigint generated always as identity,
  ahead boolean not null,
  held boolean not null default false,
  hung boolean not null default false,
  asked_at timestamptz not null default clock_timestamp(),
  primary key (process, ticket)
) with (fillfactor = 70);
create index permits_in_order on "sage_auth".permits (pool, held, ahead desc, place);
create function "sage_auth".pool_turn(
  p_process uuid,
  p_pool text,
  p_permits integer,
  p_permits_before integer,
  p_joins bigint[],
  p_aheads boolean[],
  p_leaves bigint[],
  p_hung boolean,
  p_silence double precision
) returns table (held_tickets text[], held_hung text[], known text[], waited text)
language plpgsql as $$
declare
  v_pool "sage_auth".pools;
  v_before integer;
  v_free integer;
  v_served record;
  v_served_any boolean := false;
begin
  -- what a crash of the server forgets is found out by the next turn: nothing here is worth a wait for the disk
  perform set_config('synchronous_commit', 'off', true);
  insert into "sage_auth".pool_processes as kept (process, beaten_at) values (p_process, clock_timestamp())
    on conflict (process) do update set beaten_at = excluded.beaten_at
    where kept.beaten_at < excluded.beaten_at - interval '500 milliseconds';
  -- one turn of a pool at a time: what follows sees all that was done before
  loop
    select * into v_pool from "sage_auth".pools where pools.pool = p_pool for update;
    exit when found;
    insert into "sage_auth".pools (pool, permits) values (p_pool, coalesce(p_permits, p_permits_before)) on conflict do nothing;
  end loop;
  v_pool.permits := coalesce(p_permits, v_pool.permits);
  delete from "sage_auth".permits
    where permits.pool = p_pool and permits.process = p_process and permits.ticket = any (p_leaves);
  delete from "sage_auth".permits where permits.pool = p_pool and permits.process <> p_process and not exists (
    select from "sage_auth".pool_processes
    where pool_processes.process = permits.process
      and pool_processes.beaten_at > clock_timestamp() - make_interval(secs => p_silence)
  );
  select count(*) into v_before from "sage_auth".permits where permits.pool = p_pool and not permits.held;
  insert into "sage_auth".permits (process, ticket, pool, ahead)
    select p_process, joins.ticket, p_pool, joins.ahead
    from unnest(p_joins, p_aheads) with ordinality as joins (ticket, ahead, position)
    order by joins.position on conflict do nothing;
  v_pool.hung := v_pool.hung or (p_hung and v_before > 0);
  select v_pool.permits - count(*) into v_free from "sage_auth".permits where permits.pool = p_pool and permits.held;
  if v_free > 0 then
    for v_served in
      update "sage_auth".permits set held = true, hung = v_pool.hung
      from (
        select next.process, next.ticket from "sage_auth".permits as next
        where next.pool = p_pool and not next.held order by next.ahead desc, next.place limit v_free
      ) as served
      where permits.process = served.process and permits.ticket = served.ticket
      returning permits.process, permits.ticket
    loop
      v_served_any := true;
      -- this process is told by the answer, any other by its channel
      if v_served.process <> p_process then
        perform pg_notify('sage_auth_' || replace(v_served.process::text, '-', ''), v_served.ticket || ' ' || v_pool.hung);
      end if;
    end loop;
    v_pool.hung := v_pool.hung and not v_served_any;
  end if;
  update "sage_auth".pools set permits = v_pool.permits, hung = v_pool.hung
    where pools.pool = p_pool and (pools.permits, pools.hung) is distinct from (v_pool.permits, v_pool.hung);
  delete from "sage_auth".pools
    where pools.pool = p_pool and not exists (select from "sage_auth".permits where permits.pool = p_pool);
  return query
    select array_agg(mine.ticket::text) filter (where mine.held),
      array_agg(mine.hung::text) filter (where mine.held),
      array_agg(mine.ticket::text),
      v_before::text
    from "sage_auth".permits as mine where mine.pool = p_pool and mine.process = p_process;
end
$$;
insert into "sage_auth".migrations (version) values (2);
