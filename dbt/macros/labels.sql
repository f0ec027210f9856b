{#- What a statement is about, as the JSON object that BigQuery gets as the labels of its job. -#}
{% macro job_labels(node) -%}
    {{ return(tojson({
        'product': 'marketing-assets',
        'environment': var('environment', ''),
        'tenant': var('tenant_id', ''),
        'node': node.name | truncate(63, true, '') if node is not none else 'dbt',
    })) }}
{%- endmacro %}
