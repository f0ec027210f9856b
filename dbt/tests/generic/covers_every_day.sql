{#- Days of the run without a row: for tables in which a missing day is a mistake. -#}
{% test covers_every_day(model) %}

select days.day
from ({{ day_spine() }}) as days
left join {{ model }} on days.day = checked.day
where checked.day is null

{% endtest %}
