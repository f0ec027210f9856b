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

{#- Which list of days a node replaces: `days` of the run, or `mart_days` where rows compare days. -#}
{% macro replaced_days(node_config) -%}
    {{ return((node_config.get('meta') or {}).get('replaces', 'days')) }}
{%- endmacro %}
