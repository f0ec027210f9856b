{#- Rows written for the days of the run and the columns of each table, as one line of JSON in the log, which
    the Dagster asset turns into metadata (marketing_assets/transform/runner.py). -#}
{% macro report_written_rows(results) -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set report = {} -%}
        {%- set counts = [] -%}
        {%- set relations = {} -%}
        {%- for result in results
            if result.node.resource_type in ('model', 'seed') and result.status == 'success' -%}
            {%- set node = result.node -%}
            {%- set relation = api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            ) -%}
            {%- do relations.update({node.unique_id: relation}) -%}
            {%- do counts.append(
                "select '" ~ node.unique_id ~ "' as node, count(*) as written from " ~ relation
                ~ ('' if node.resource_type == 'seed'
                    else ' where day in (' ~ day_literals(replaced_days(node.config)) ~ ')')
            ) -%}
        {%- endfor -%}
        {%- if counts -%}
            {%- set columns = columns_of(relations) -%}
            {%- for row in run_query(counts | join(' union all ')) -%}
                {%- do report.update({row[0]: {'rows': row[1] | int, 'columns': columns[row[0]]}}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do log('written rows: ' ~ tojson(report)) -%}
    {%- endif -%}
{%- endmacro %}

{#- Name and type of each column of the tables, under the keys they are given with. -#}
{% macro columns_of(relations) -%}
    {{ return(adapter.dispatch('columns_of', 'marketing_assets')(relations)) }}
{%- endmacro %}

{% macro default__columns_of(relations) -%}
    {%- set found = {} -%}
    {%- for key, relation in relations.items() -%}
        {%- set columns = [] -%}
        {%- for column in adapter.get_columns_in_relation(relation) -%}
            {%- do columns.append([column.name, column.dtype]) -%}
        {%- endfor -%}
        {%- do found.update({key: columns}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#- One statement for all tables instead of one for each. -#}
{% macro duckdb__columns_of(relations) -%}
    {%- set by_table = {} -%}
    {%- for row in run_query(
        "select database_name || '.' || schema_name || '.' || table_name, column_name, data_type "
        ~ "from duckdb_columns() where not internal order by table_oid, column_index"
    ) -%}
        {%- do by_table.setdefault(row[0], []).append([row[1], row[2]]) -%}
    {%- endfor -%}
    {%- set found = {} -%}
    {%- for key, relation in relations.items() -%}
        {%- set table = relation.database ~ '.' ~ relation.schema ~ '.' ~ relation.identifier -%}
        {%- do found.update({key: by_table[table]}) -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
