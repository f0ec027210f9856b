{#- What the days of the run say now, and what they said before: an observation is added, never changed.
    `current` is a common table expression, a row a day and what `key` names, with the columns `metrics`,
    `currency`, `time_zone` and `observed_at`, when the fetch began that the row is from. A fetch is of all that
    `fetched_by` names.

    The table replaces whole days, so what it held of them is read and written again. What the same fetch said
    before is replaced. What an earlier fetch had and a newer one has not is zero from then on. -#}
{% macro observed(current, key, metrics, fetched_by) -%}
    {%- set keys = ['day'] + key -%}
{% if is_incremental() -%}
said as (
    select *
    from {{ this }}
    where {{ tenant_days() }}
),

fetches as (
    select
        {{ (['day'] + fetched_by) | join(',\n        ') }},
        max(observed_at) as observed_at
    from {{ current }}
    group by {{ (['day'] + fetched_by) | join(', ') }}
),

kept as (
    select said.*
    from said
    left join fetches
        on
            {% for column in ['day'] + fetched_by + ['observed_at'] -%}
            said.{{ column }} = fetches.{{ column }}{{ ' and ' if not loop.last }}
            {% endfor %}
    where fetches.day is null
),

earlier as (
    select
        kept.*,
        coalesce(fetches.observed_at, {{ run_started() }}) as seen_at,
        row_number() over (
            partition by {% for column in keys %}kept.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
            order by kept.observed_at desc
        ) as place
    from kept
    left join fetches
        on {% for column in ['day'] + fetched_by %}kept.{{ column }} = fetches.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where kept.observed_at < coalesce(fetches.observed_at, {{ run_started() }})
),

vanished as (
    select
        earlier.tenant_id,
        {% for column in keys -%}
        earlier.{{ column }},
        {% endfor -%}
        earlier.currency,
        earlier.time_zone,
        {% for metric in metrics -%}
        earlier.{{ metric }} - earlier.{{ metric }} as {{ metric }},
        {% endfor -%}
        earlier.seen_at as observed_at
    from earlier
    left join {{ current }}
        on {% for column in keys %}earlier.{{ column }} = {{ current }}.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where
        earlier.place = 1
        and {{ current }}.day is null
        and ({% for metric in metrics %}earlier.{{ metric }} != 0{{ ' or ' if not loop.last }}{% endfor %})
),

fresh as (
    select
        tenant_id,
        {{ (keys + ['currency', 'time_zone'] + metrics + ['observed_at']) | join(',\n        ') }}
    from {{ current }}
    union all
    select
        tenant_id,
        {{ (keys + ['currency', 'time_zone'] + metrics + ['observed_at']) | join(',\n        ') }}
    from vanished
)
{%- else -%}
fresh as (
    select *
    from {{ current }}
)
{%- endif %}

select
    tenant_id,
    {{ (keys + ['currency', 'time_zone'] + metrics + ['observed_at']) | join(',\n    ') }},
    cast({{ days_between('day', local_day('observed_at', 'time_zone')) }} as {{ type_of('whole') }}) as days_after,
    cast({{ hours_after('day', 'observed_at', 'time_zone') }} as {{ type_of('whole') }}) as hours_after
from fresh
{%- if is_incremental() %}
union all
select
    tenant_id,
    {{ (keys + ['currency', 'time_zone'] + metrics + ['observed_at', 'days_after', 'hours_after']) | join(',\n    ') }}
from kept
{%- endif %}
{%- endmacro %}
