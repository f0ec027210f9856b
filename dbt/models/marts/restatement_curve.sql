-- As of each day of the run: of the days that had settled by then, at most 120 of them, how much was known
-- how many days after. A day counts where it was looked at in time; one first fetched later tells nothing.
{%- set history, ages = 120, [1, 3, 7, 14, 28] %}

with accounts as (
    {{ by_metric(
        ref('ads_observations'), 'account_id',
        ['spend', 'impressions', 'clicks', 'conversions', 'conversion_value'], tenant_history(history)
    ) | indent(4) }}
    union all
    {{ by_metric(
        ref('order_observations'), 'shop_id', ['orders', 'units', 'revenue', 'refunds'],
        tenant_history(history)
    ) | indent(4) }}
),

ages as (
    {% for age in ages -%}
    select {{ age }} as age{{ '\n    union all' if not loop.last }}
    {% endfor %}
),

looks as (
    select
        accounts.*,
        ages.age,
        row_number() over (
            partition by accounts.day, accounts.platform, accounts.account_id, accounts.metric, ages.age
            order by accounts.observed_at desc
        ) as place
    from accounts
    inner join ages on accounts.days_after <= ages.age
),

said as (
    select *
    from {{ ref('ads_expected_finals') }}
    where {{ tenant_history(history) }}
    union all
    select *
    from {{ ref('order_expected_finals') }}
    where {{ tenant_history(history) }}
),

expectations as (
    select
        day,
        platform,
        account_id,
        metric,
        days_after,
        is_final,
        value as final_value,
        expected_value,
        expected_low,
        expected_high,
        row_number() over (
            partition by day, platform, account_id, metric, days_after
            order by observed_at desc, is_final desc
        ) as place,
        row_number() over (
            partition by day, platform, account_id, metric order by observed_at desc, is_final desc
        ) as newest
    from said
),

finals as (
    select *
    from expectations
    where newest = 1 and is_final
),

known as (
    select
        finals.day,
        finals.platform,
        finals.account_id,
        finals.metric,
        looks.age,
        looks.value as known_value,
        finals.final_value,
        {{ ratio('looks.value', 'finals.final_value') }} as known_share,
        expectations.expected_value,
        case
            when expectations.expected_value is null then null
            when finals.final_value between expectations.expected_low and expectations.expected_high then 1
            else 0
        end as is_met,
        abs({{ change('expectations.expected_value', 'finals.final_value') }}) as missed_by
    from finals
    inner join looks
        on
            finals.day = looks.day
            and finals.platform = looks.platform
            and finals.account_id = looks.account_id
            and finals.metric = looks.metric
            and looks.place = 1
    left join expectations
        on
            finals.day = expectations.day
            and finals.platform = expectations.platform
            and finals.account_id = expectations.account_id
            and finals.metric = expectations.metric
            and looks.days_after = expectations.days_after
            and expectations.place = 1
            and not expectations.is_final
),

settling as (
    {{ settling() }}
),

ranked as (
    select
        days.day,
        known.platform,
        known.metric,
        known.age,
        known.known_value,
        known.final_value,
        known.known_share,
        known.is_met,
        known.missed_by,
        row_number() over (
            partition by days.day, known.platform, known.metric, known.age
            order by known.known_share, known.day, known.account_id
        ) as share_rank,
        count(*) over (partition by days.day, known.platform, known.metric, known.age) as compared
    from ({{ day_spine() }}) as days
    inner join known
        on
            days.day > known.day
            and known.day >= {{ day_before('day', history, 'days.day') }}
    inner join settling
        on
            known.platform = settling.platform
            and {{ days_between('known.day', 'days.day') }} >= settling.settles_after
    where known.known_share is not null
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    day as date,
    platform,
    metric,
    cast(age as {{ type_of('whole') }}) as days_after,
    cast(count(*) as {{ type_of('whole') }}) as days_compared,
    {{ ratio('sum(known_value)', 'sum(final_value)') }} as share_known,
    max(case when share_rank <= {{ rank_of(1, 'compared') }} then known_share end) as share_low,
    min(case when share_rank * 2 >= compared then known_share end) as share_median,
    min(case when share_rank >= {{ rank_of(9, 'compared') }} then known_share end) as share_high,
    cast(count(is_met) as {{ type_of('whole') }}) as expectations_compared,
    {{ ratio('sum(is_met)', 'count(is_met)') }} as expectations_met,
    {{ ratio('sum(missed_by)', 'count(missed_by)') }} as expectations_missed_by
from ranked
group by day, platform, metric, age
