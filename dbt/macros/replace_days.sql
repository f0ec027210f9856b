{#- Incremental writes by static days: the literal days of the run are replaced whole, so a day whose rows
    all vanished upstream is emptied here too. A key-based delete would leave such rows behind. -#}

{#- DuckDB: the materialization runs this as one transaction. -#}
{% macro get_incremental_static_days_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where day in ({{ day_literals(replaced_days(config)) }});
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
{%- endmacro %}

{#- BigQuery: dbt's own static-partition statement, with the days of this run instead of a list that would
    be fixed when the project is parsed. -#}
{% macro bq_insert_overwrite_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns,
    tmp_relation_exists, copy_partitions
) -%}
    {{ bq_static_insert_overwrite_sql(
        tmp_relation, target_relation, sql, partition_by, [day_literals(replaced_days(config))],
        dest_columns, tmp_relation_exists, copy_partitions
    ) }}
{%- endmacro %}
