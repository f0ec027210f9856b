{#- Days after which the numbers of a platform's day no longer move, as rows (`platform`, `settles_after`). -#}
{% macro settling() -%}
    {%- for platform, days in (var('settles_after') or {'none': 0}).items() -%}
    select '{{ platform }}' as platform, {{ days }} as settles_after{{ ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The longest of these. -#}
{% macro settles_last() -%}
    {{ (var('settles_after').values() | list or [0]) | max }}
{%- endmacro %}

{#- A sum that is only known where every part is. -#}
{% macro sum_of_all(expression) -%}
    case when count(*) = count({{ expression }}) then {{ money('sum(' ~ expression ~ ')') }} end
{%- endmacro %}

{#- What was said of accounts or shops, one row a metric: `value` at `observed_at`. `account` is the column that
    names them and becomes `account_id`. -#}
{% macro by_metric(relation, account, metrics, where) -%}
    {%- for metric in metrics -%}
    select
        tenant_id,
        day,
        platform,
        {{ account }} as account_id,
        currency,
        observed_at,
        days_after,
        hours_after,
        '{{ metric }}' as metric,
        {{ money('sum(' ~ metric ~ ')') }} as value
    from {{ relation }}
    where {{ where }}
    group by tenant_id, day, platform, {{ account }}, currency, observed_at, days_after, hours_after
    {{ 'union all' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- What the days of the run will have become when they are settled, by the account's own history: for every
    day of the last 120 that has settled, how its final number compares with what was known of it as many
    hours after its end. The interval leaves out a tenth of these days on either side. Where fewer than 14
    days can be compared, or a tenth of them had nothing yet, nothing is expected.

    An expectation is kept as it was first said, so that it can be held against what came. -#}
{% macro expected_finals(relation, account, metrics, needs_late_look) -%}
    {%- set history, fewest = 120, 14 -%}
with said as (
    {{ by_metric(relation, account, metrics, tenant_history(history)) | indent(4) }}
),

-- A day is settled when it was looked at after its time; where a platform tells of every change, when it is
-- that old.
placed as (
    select
        said.*,
        settling.settles_after,
        row_number() over (
            partition by said.day, said.platform, said.account_id, said.metric order by said.observed_at desc
        ) as place,
        {% if needs_late_look -%}
        max(said.days_after) over (
            partition by said.day, said.platform, said.account_id, said.metric
        ) >= settling.settles_after as is_settled
        {%- else -%}
        {{ days_between('said.day', "date '" ~ var('today') ~ "'") }} >= settling.settles_after as is_settled
        {%- endif %}
    from said
    inner join ({{ settling() }}) as settling on said.platform = settling.platform
),

latest as (
    select *
    from placed
    where place = 1 and {{ tenant_days() }}
),

finals as (
    select
        day,
        platform,
        account_id,
        metric,
        value
    from placed
    where place = 1 and is_settled
),

-- What was known of each settled day as long after its end.
then_known as (
    select
        latest.day,
        latest.platform,
        latest.account_id,
        latest.metric,
        finals.value as final_value,
        placed.value as known_value,
        row_number() over (
            partition by latest.day, latest.platform, latest.account_id, latest.metric, finals.day
            order by placed.observed_at desc
        ) as place
    from latest
    inner join finals
        on
            latest.platform = finals.platform
            and latest.account_id = finals.account_id
            and latest.metric = finals.metric
            and finals.day < latest.day
            and finals.day >= {{ day_before('day', history, 'latest.day') }}
    inner join placed
        on
            finals.day = placed.day
            and finals.platform = placed.platform
            and finals.account_id = placed.account_id
            and finals.metric = placed.metric
            and latest.hours_after >= placed.hours_after
    where not latest.is_settled
),

growth as (
    select
        day,
        platform,
        account_id,
        metric,
        final_value,
        known_value,
        {{ ratio('final_value', 'known_value') }} as grown
    from then_known
    where place = 1
),

ranked as (
    select
        *,
        row_number() over (partition by day, platform, account_id, metric order by grown, final_value)
            as grown_rank,
        count(*) over (partition by day, platform, account_id, metric) as compared
    from growth
    where grown is not null
),

of_all as (
    select
        day,
        platform,
        account_id,
        metric,
        count(*) as compared
    from growth
    group by day, platform, account_id, metric
),

grown as (
    select
        ranked.day,
        ranked.platform,
        ranked.account_id,
        ranked.metric,
        max(ranked.compared) as days_compared,
        sum(ranked.final_value) as final_value,
        sum(ranked.known_value) as known_value,
        max(case when ranked.grown_rank <= {{ rank_of(1, 'ranked.compared') }} then ranked.grown end) as least,
        min(case when ranked.grown_rank >= {{ rank_of(9, 'ranked.compared') }} then ranked.grown end) as most
    from ranked
    inner join of_all
        on
            ranked.day = of_all.day
            and ranked.platform = of_all.platform
            and ranked.account_id = of_all.account_id
            and ranked.metric = of_all.metric
    where ranked.compared >= {{ fewest }} and ranked.compared * 10 >= of_all.compared * 9
    group by ranked.day, ranked.platform, ranked.account_id, ranked.metric
),

expected as (
    select
        latest.*,
        grown.days_compared,
        case
            when latest.is_settled then latest.value
            else {{ multiply_divide('latest.value', 'grown.final_value', 'grown.known_value') }}
        end as expected_value,
        case
            when latest.is_settled then latest.value
            else {{ multiply_divide('latest.value', 'grown.least', '1') }}
        end as low,
        case
            when latest.is_settled then latest.value
            else {{ multiply_divide('latest.value', 'grown.most', '1') }}
        end as high
    from latest
    left join grown
        on
            latest.day = grown.day
            and latest.platform = grown.platform
            and latest.account_id = grown.account_id
            and latest.metric = grown.metric
),

fresh as (
    select
        tenant_id,
        day,
        platform,
        account_id,
        metric,
        currency,
        observed_at,
        days_after,
        hours_after,
        is_settled as is_final,
        value,
        {{ money('expected_value') }} as expected_value,
        {{ money('case when low > expected_value then expected_value else low end') }} as expected_low,
        {{ money('case when high < expected_value then expected_value else high end') }} as expected_high,
        cast(days_compared as {{ type_of('whole') }}) as days_compared
    from expected
)
{%- if is_incremental() %},

-- What was said stays, unless nothing could be said then.
said_before as (
    select *
    from {{ this }}
    where {{ tenant_days() }}
)

select fresh.*
from fresh
left join said_before
    on
        fresh.day = said_before.day
        and fresh.platform = said_before.platform
        and fresh.account_id = said_before.account_id
        and fresh.metric = said_before.metric
        and fresh.observed_at = said_before.observed_at
        and fresh.is_final = said_before.is_final
        and fresh.value = said_before.value
        and said_before.expected_value is not null
where said_before.day is null
union all
select said_before.*
from said_before
left join fresh
    on
        said_before.day = fresh.day
        and said_before.platform = fresh.platform
        and said_before.account_id = fresh.account_id
        and said_before.metric = fresh.metric
        and said_before.observed_at = fresh.observed_at
        and said_before.is_final = fresh.is_final
where
    fresh.day is null
    or (fresh.value = said_before.value and said_before.expected_value is not null)
{%- else %}

select *
from fresh
{%- endif %}
{%- endmacro %}

{#- The rank, from 1, below which so many tenths of a sample's like fall, on average, for a new one. -#}
{% macro rank_of(tenths, size) -%}
    {%- if tenths < 5 -%}
    greatest(1, cast(floor(({{ size }} + 1) * {{ tenths }} / 10) as {{ type_of('whole') }}))
    {%- else -%}
    least({{ size }}, cast(ceil(({{ size }} + 1) * {{ tenths }} / 10) as {{ type_of('whole') }}))
    {%- endif -%}
{%- endmacro %}

{#- Of each account's or shop's day and metric of the run, the newest expectation, with how much the final
    number is expected to be for each unit known now. -#}
{% macro newest_expectations(relation) -%}
    select
        *,
        case when is_final then 1 else {{ ratio('expected_value', 'value') }} end as growth,
        case when is_final then 1 else {{ ratio('expected_low', 'value') }} end as growth_low,
        case when is_final then 1 else {{ ratio('expected_high', 'value') }} end as growth_high
    from (
        select
            *,
            row_number() over (
                partition by day, platform, account_id, metric order by observed_at desc, is_final desc
            ) as newest
        from {{ relation }}
        where {{ tenant_days() }}
    ) as said
    where newest = 1
{%- endmacro %}
