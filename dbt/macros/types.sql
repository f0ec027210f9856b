{#- The engine's name of a type: text, whole, money, flag, day or instant. -#}
{% macro type_of(kind) -%}
    {{ adapter.dispatch('type_of', 'marketing_assets')(kind) }}
{%- endmacro %}

{% macro duckdb__type_of(kind) -%}
    {{ {
        'text': 'varchar', 'whole': 'bigint', 'money': 'decimal(38, 9)', 'flag': 'boolean', 'day': 'date',
        'instant': 'timestamp with time zone'
    }[kind] }}
{%- endmacro %}

{% macro bigquery__type_of(kind) -%}
    {{ {
        'text': 'string', 'whole': 'int64', 'money': 'numeric', 'flag': 'bool', 'day': 'date',
        'instant': 'timestamp'
    }[kind] }}
{%- endmacro %}
