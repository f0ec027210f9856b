{#- Rows of the tenant from some days before the run's first day up to its last, as literals. -#}
{% macro tenant_history(days_before, alias='') -%}
    {%- set prefix = alias ~ '.' if alias else '' -%}
    {%- set first = modules.datetime.date.fromisoformat(var('first_day')) -%}
    {%- set earliest = first - modules.datetime.timedelta(days=days_before) -%}
    {{ prefix }}tenant_id = '{{ var("tenant_id") }}'
    and {{ prefix }}day between date '{{ earliest.isoformat() }}' and date '{{ var("last_day") }}'
{%- endmacro %}

{#- All rows of the tenant up to the last of `onward_days`, bounded by literals. -#}
{% macro tenant_to_date(alias='') -%}
    {{ tenant_snapshots(alias) }}
    and {{ alias ~ '.' if alias else '' }}day <= date '{{ (var("onward_days") or ["1970-01-01"]) | last }}'
{%- endmacro %}
