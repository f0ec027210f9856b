{#- Checks look at the days that the run replaced: the rest was checked when it was written, and reading it
    again would cost a scan of the whole table. -#}
{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) if execute else none -%}
    {%- set extra = config.get('where', '') -%}
    {%- if tested is none or tested.resource_type == 'seed' -%}
        {{ return(relation if not extra else '(select * from ' ~ relation ~ ' where ' ~ extra ~ ')') }}
    {%- endif -%}
    {{ return(
        '(select * from ' ~ relation ~ ' where ' ~ tenant_days(which=replaced_days(tested.config))
        ~ (' and (' ~ extra ~ ')' if extra else '') ~ ') as checked'
    ) }}
{%- endmacro %}
