{#- Days of a run as literals, so that both engines prune partitions before they read. -#}

{% macro day_literals(which='days') -%}
    {#- A run always has days; the epoch only stands in while the project is parsed or linted. -#}
    {%- for day in (var(which) or ['1970-01-01']) -%}
        date '{{ day }}'{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- Rows of the tenant on the days of the run: what every read of a partitioned table filters on. -#}
{% macro tenant_days(alias='', which='days') -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {{ prefix }}tenant_id = '{{ var("tenant_id") }}' and {{ prefix }}day in ({{ day_literals(which) }})
{%- endmacro %}

{#- All snapshots of the tenant: small tables, bounded by a literal as engines may require a filter. -#}
{% macro tenant_snapshots(alias='') -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {{ prefix }}tenant_id = '{{ var("tenant_id") }}' and {{ prefix }}day >= date '{{ var("start_date") }}'
{%- endmacro %}

{#- The days of the run as rows of one column, `day`. -#}
{% macro day_spine(which='days') -%}
    {{ adapter.dispatch('day_spine', 'marketing_assets')(which) }}
{%- endmacro %}

{% macro duckdb__day_spine(which) -%}
    select unnest([{{ day_literals(which) }}]) as day
{%- endmacro %}

{% macro bigquery__day_spine(which) -%}
    select day from unnest([{{ day_literals(which) }}]) as day
{%- endmacro %}

{#- The day that `day` is compared with; the end of the month where the month before is shorter. -#}
{% macro day_before(part, count, day) -%}
    cast({{ dbt.dateadd(part, -count, day) }} as date)
{%- endmacro %}

{#- Which list of days a node replaces: `days` of the run, `mart_days` where rows compare days, `onward_days`
    where rows tell all that is known up to their day. -#}
{% macro replaced_days(node_config) -%}
    {{ return((node_config.get('meta') or {}).get('replaces', 'days')) }}
{%- endmacro %}

{#- The first day of a day's month. -#}
{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}

{#- Whole days from a day to an instant (of UTC). -#}
{% macro days_between(day, instant) -%}
    {{ adapter.dispatch('days_between', 'marketing_assets')(day, instant) }}
{%- endmacro %}

{% macro duckdb__days_between(day, instant) -%}
    date_diff('day', {{ day }}, cast({{ instant }} as date))
{%- endmacro %}

{% macro bigquery__days_between(day, instant) -%}
    date_diff(cast({{ instant }} as date), {{ day }}, day)
{%- endmacro %}

{#- The calendar day of an instant in a time zone. -#}
{% macro local_day(instant, zone) -%}
    {{ adapter.dispatch('local_day', 'marketing_assets')(instant, zone) }}
{%- endmacro %}

{% macro duckdb__local_day(instant, zone) -%}
    cast(timezone({{ zone }}, {{ instant }}) as date)
{%- endmacro %}

{% macro bigquery__local_day(instant, zone) -%}
    date({{ instant }}, {{ zone }})
{%- endmacro %}

{#- The last calendar day before an instant: what ends at midnight has its last day before. -#}
{% macro last_local_day(instant, zone) -%}
    {{ adapter.dispatch('last_local_day', 'marketing_assets')(instant, zone) }}
{%- endmacro %}

{% macro duckdb__last_local_day(instant, zone) -%}
    {{ local_day(instant ~ ' - interval 1 second', zone) }}
{%- endmacro %}

{% macro bigquery__last_local_day(instant, zone) -%}
    {{ local_day('timestamp_sub(' ~ instant ~ ', interval 1 second)', zone) }}
{%- endmacro %}
