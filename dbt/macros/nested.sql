{#- Nested records, which engines open and build differently. -#}

{#- The elements of an array as rows, each a record named `alias`. -#}
{% macro unnest_as(array, alias) -%}
    {{ adapter.dispatch('unnest_as', 'marketing_assets')(array, alias) }}
{%- endmacro %}

{% macro duckdb__unnest_as(array, alias) -%}
    unnest({{ array }}) as {{ alias }}_rows ({{ alias }})
{%- endmacro %}

{% macro bigquery__unnest_as(array, alias) -%}
    unnest({{ array }}) as {{ alias }}
{%- endmacro %}

{#- The value of the first of some action types that an ad row has; null where it has none. Types overlap,
    so they are tried in order and never summed. -#}
{% macro action_value(actions, types) -%}
    coalesce(
    {%- for type in types %}
        {{ adapter.dispatch('one_action', 'marketing_assets')(actions, type) }}
        {{- ',' if not loop.last }}
    {%- endfor %}
    {%- if types | length == 1 %}, null{% endif %}
    )
{%- endmacro %}

{% macro duckdb__one_action(actions, type) -%}
    list_filter({{ actions }}, lambda a: a.action_type = '{{ type }}')[1].value
{%- endmacro %}

{% macro bigquery__one_action(actions, type) -%}
    (select any_value(a.value) from unnest({{ actions }}) as a where a.action_type = '{{ type }}')
{%- endmacro %}

{#- Rows of a group as an array of records, in a fixed order. -#}
{% macro collect_records(columns, order_by) -%}
    {{ adapter.dispatch('collect_records', 'marketing_assets')(columns, order_by) }}
{%- endmacro %}

{% macro duckdb__collect_records(columns, order_by) -%}
    array_agg(struct_pack({% for c in columns %}{{ c }} := {{ c }}{{ ', ' if not loop.last }}{% endfor %})
        order by {{ order_by | join(', ') }})
{%- endmacro %}

{% macro bigquery__collect_records(columns, order_by) -%}
    array_agg(struct({% for c in columns %}{{ c }} as {{ c }}{{ ', ' if not loop.last }}{% endfor %})
        order by {{ order_by | join(', ') }})
{%- endmacro %}

{#- The first element of an array; null where it is empty. -#}
{% macro first_element(array) -%}
    {{ adapter.dispatch('first_element', 'marketing_assets')(array) }}
{%- endmacro %}

{% macro duckdb__first_element(array) -%}
    {{ array }}[1]
{%- endmacro %}

{% macro bigquery__first_element(array) -%}
    {{ array }}[safe_offset(0)]
{%- endmacro %}

{#- The sum of one field over an array of records; zero where it is empty. -#}
{% macro sum_of(array, field) -%}
    {{ adapter.dispatch('sum_of', 'marketing_assets')(array, field) }}
{%- endmacro %}

{% macro duckdb__sum_of(array, field) -%}
    cast(coalesce(list_sum(list_transform({{ array }}, lambda r: r.{{ field }})), 0) as decimal(38, 9))
{%- endmacro %}

{% macro bigquery__sum_of(array, field) -%}
    coalesce((select sum(r.{{ field }}) from unnest({{ array }}) as r), 0)
{%- endmacro %}
