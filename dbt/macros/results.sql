{#- Rows written for the days of the run and the columns of each table, as one line of JSON in the log, which
    the Dagster asset turns into metadata (marketing_assets/transform/runner.py). -#}
{% macro report_written_rows(results) -%}
    {%- if execute and flags.WHICH in ('build', 'run') -%}
        {%- set report = {} -%}
        {%- set counts = [] -%}
        {%- for result in results
            if result.node.resource_type in ('model', 'seed') and result.status == 'success' -%}
            {%- set node = result.node -%}
            {%- set relation = api.Relation.create(
                database=node.database, schema=node.schema, identifier=node.alias
            ) -%}
            {%- set columns = [] -%}
            {%- for column in adapter.get_columns_in_relation(relation) -%}
                {%- do columns.append([column.name, column.dtype]) -%}
            {%- endfor -%}
            {%- do report.update({node.unique_id: {'columns': columns}}) -%}
            {%- do counts.append(
                "select '" ~ node.unique_id ~ "' as node, count(*) as written from " ~ relation
                ~ ('' if node.resource_type == 'seed'
                    else ' where day in (' ~ day_literals(replaced_days(node.config)) ~ ')')
            ) -%}
        {%- endfor -%}
        {%- if counts -%}
            {%- for row in run_query(counts | join(' union all ')) -%}
                {%- do report[row[0]].update({'rows': row[1] | int}) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- do log('written rows: ' ~ tojson(report)) -%}
    {%- endif -%}
{%- endmacro %}
