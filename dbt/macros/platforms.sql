{#- One table from the models of several platforms; `columns` maps each column to a kind of `type_of`.
    A platform that the tenant has no connection to has no tables, so it is left out when the model runs;
    every reference is still made, for the graph. -#}
{% macro union_platforms(table, platforms, columns) -%}
    {%- set models = [] -%}
    {%- for platform in platforms -%}
        {%- set model = ref('stg_' ~ platform ~ '__' ~ table) -%}
        {%- if platform in var('platforms') -%}
            {%- do models.append(model) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for model in models -%}
    {{ 'union all\n' if not loop.first }}select
        {%- for name, kind in columns.items() %}
        cast({{ name }} as {{ type_of(kind) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where {{ tenant_days() }}
    {% else -%}
    {{ no_rows(columns) }}
    {%- endfor -%}
{%- endmacro %}

{#- A query of the given columns that finds nothing. -#}
{% macro no_rows(columns) -%}
    select
        {%- for name, kind in columns.items() %}
        cast(null as {{ type_of(kind) }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as one) as nothing
    where nothing.one = 0
{%- endmacro %}
