{#- Which snapshot of a thing stands for each day of the run: the latest on or before the day, else the
    earliest there is, marked as backdated. Past days are never filled with today's state unmarked. -#}
{% macro snapshots_in_force(relation, key) -%}
    {%- set columns = key | join(', ') -%}
    select
        days.day,
        {% for column in key -%}
        snapshots.{{ column }},
        {% endfor -%}
        coalesce(max(case when snapshots.day <= days.day then snapshots.day end), min(snapshots.day))
            as snapshot_day,
        min(snapshots.day) > days.day as is_backdated
    from ({{ day_spine() }}) as days
    cross join (
        select
            day,
            {{ columns }}
        from {{ relation }}
        where {{ tenant_snapshots() }}
    ) as snapshots
    group by days.day{% for column in key %}, snapshots.{{ column }}{% endfor %}
{%- endmacro %}
