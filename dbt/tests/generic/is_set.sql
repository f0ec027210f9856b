{#- One row for each of the columns that is null somewhere, with how often. -#}
{% test is_set(model, columns) %}

{% for column in columns %}
select
    '{{ column }}' as column_name,
    count(*) as missing
from {{ model }}
where {{ column }} is null
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}

{% endtest %}
