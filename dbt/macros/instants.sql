{#- Whole hours from the end of a local day to an instant, by the clock there; negative while the day lasts. -#}
{% macro hours_after(day, instant, zone) -%}
    ({{ days_between(day, local_day(instant, zone)) }} - 1) * 24 + {{ local_hour(instant, zone) }}
{%- endmacro %}

{#- The hour that the clock shows at an instant in a time zone, 0 to 23. -#}
{% macro local_hour(instant, zone) -%}
    {{ adapter.dispatch('local_hour', 'marketing_assets')(instant, zone) }}
{%- endmacro %}

{% macro duckdb__local_hour(instant, zone) -%}
    extract(hour from timezone({{ zone }}, {{ instant }}))
{%- endmacro %}

{% macro bigquery__local_hour(instant, zone) -%}
    extract(hour from {{ instant }} at time zone {{ zone }})
{%- endmacro %}

{#- The instant at which this dbt run began. -#}
{% macro run_started() -%}
    cast('{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}+00:00' as {{ type_of('instant') }})
{%- endmacro %}
