{% test key_is_unique(model, key) %}

select
    {{ key | join(',\n    ') }},
    count(*) as copies
from {{ model }}
group by {{ key | join(', ') }}
having count(*) > 1

{% endtest %}
