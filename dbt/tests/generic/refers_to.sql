{#- Rows whose columns have no partner in another table on the days of the run. -#}
{% test refers_to(model, columns, to) %}

select checked.*
from {{ model }}
left join {{ to }} as parent
    on
        {% for column in columns -%}
        checked.{{ column }} = parent.{{ column }} and
        {% endfor -%}
        {{ tenant_days('parent') }}
where parent.day is null

{% endtest %}
