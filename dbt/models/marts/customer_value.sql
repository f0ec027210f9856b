{{ config(meta={'replaces': 'onward_days'}) }}

{#- Days of a customer's life, the first order's included, after which a whole cohort is looked at. -#}
{%- set ages = [30, 90, 180, 365] -%}
{#- Who first bought so few days after the tenant's history begins may have bought before it. -#}
{%- set unknown_past_days = 90 -%}
{%- set known_from = modules.datetime.date.fromisoformat(var('start_date'))
    + modules.datetime.timedelta(days=unknown_past_days) -%}
{%- set of_cohort = [
    'customers', 'orders', 'repeat_customers', 'net_revenue', 'gross_profit', 'marketing_cost'
] -%}
{%- set of_month = ['unknown_orders', 'unknown_net_revenue', 'unknown_gross_profit', 'ad_spend'] -%}

with orders as (
    select
        profits.day,
        profits.platform as sold_on,
        orders.customer_id,
        profits.net_revenue,
        profits.marketing_cost,
        profits.profit + profits.marketing_cost as gross_profit,
        min(profits.day) over (partition by profits.platform, orders.customer_id) as first_day,
        row_number() over (
            partition by profits.platform, orders.customer_id
            order by orders.order_timestamp, profits.shop_id, profits.order_id
        ) as place
    from {{ ref('order_profit') }} as profits
    inner join {{ ref('orders') }} as orders
        on
            profits.day = orders.day
            and profits.platform = orders.platform
            and profits.shop_id = orders.shop_id
            and profits.order_id = orders.order_id
    where {{ tenant_to_date('profits') }} and {{ tenant_to_date('orders') }}
),

-- Once for its platform, once for all of them.
counted as (
    select
        orders.*,
        orders.sold_on as platform
    from orders
    union all
    select
        orders.*,
        'all' as platform
    from orders
),

bought as (
    select
        platform,
        {{ month_of('first_day') }} as cohort_month,
        day,
        {{ days_between('first_day', 'day') }} as age,
        sum(case when place = 1 then 1 else 0 end) as customers,
        count(*) as orders,
        sum(case when place = 2 then 1 else 0 end) as repeat_customers,
        sum(net_revenue) as net_revenue,
        sum(gross_profit) as gross_profit,
        sum(case when place = 1 then marketing_cost else 0 end) as marketing_cost
    from counted
    where customer_id is not null
    group by platform, first_day, day
),

-- What belongs to the month itself: orders that name nobody, and ad spend. Spend of a day without orders
-- belongs to no platform.
happened as (
    select
        platform,
        {{ month_of('day') }} as cohort_month,
        day,
        sum(case when customer_id is null then 1 else 0 end) as unknown_orders,
        sum(case when customer_id is null then net_revenue else 0 end) as unknown_net_revenue,
        sum(case when customer_id is null then gross_profit else 0 end) as unknown_gross_profit,
        sum(marketing_cost) as ad_spend
    from counted
    group by platform, day
    union all
    select
        'all' as platform,
        {{ month_of('day') }} as cohort_month,
        day,
        0 as unknown_orders,
        0 as unknown_net_revenue,
        0 as unknown_gross_profit,
        unallocated_marketing as ad_spend
    from {{ ref('daily_profit') }}
    where {{ tenant_to_date() }}
),

events as (
    select
        {% for column in of_cohort -%}
        sum({{ column }}) as {{ column }},
        {% endfor -%}
        {% for column in of_month -%}
        0 as {{ column }},
        {% endfor -%}
        platform,
        cohort_month,
        day
    from bought
    group by platform, cohort_month, day
    union all
    select
        {% for column in of_cohort -%}
        0 as {{ column }},
        {% endfor -%}
        {% for column in of_month -%}
        {{ column }},
        {% endfor -%}
        platform,
        cohort_month,
        day
    from happened
),

-- A day that was run has a row in the day's profit; other days have none here either.
totals as (
    select
        {% for column in of_cohort + of_month -%}
        sum(events.{{ column }}) as {{ column }},
        {% endfor -%}
        days.day,
        events.platform,
        events.cohort_month
    from {{ ref('daily_profit') }} as days
    inner join events on days.day >= events.day
    where {{ tenant_days('days', 'onward_days') }}
    group by days.day, events.platform, events.cohort_month
),

aged as (
    select
        platform,
        cohort_month,
        age,
        sum(gross_profit) as gross_profit
    from bought
    group by platform, cohort_month, age
),

grown as (
    select
        *,
        sum(gross_profit) over (partition by platform, cohort_month order by age) as profit_so_far
    from aged
),

spent as (
    select
        platform,
        cohort_month,
        sum(ad_spend) as ad_spend
    from happened
    group by platform, cohort_month
),

-- What cohorts come to at an age; it is told from the day on which the whole cohort is that old.
lives as (
    select
        grown.platform,
        grown.cohort_month,
        {% for days in ages -%}
        sum(case when grown.age < {{ days }} then grown.gross_profit end) as profit_{{ days }},
        {% endfor -%}
        min(case when grown.profit_so_far >= spent.ad_spend then grown.age end) as payback_days
    from grown
    inner join spent
        on grown.platform = spent.platform and grown.cohort_month = spent.cohort_month
    group by grown.platform, grown.cohort_month
),

cohorts as (
    select
        totals.*,
        {% for days in ages -%}
        lives.profit_{{ days }},
        {% endfor -%}
        lives.payback_days,
        -- Of the youngest that the month can have, the first day included.
        {{ days_between('last_day(totals.cohort_month)', 'totals.day') }} + 1 as days_old
    from totals
    left join lives
        on totals.platform = lives.platform and totals.cohort_month = lives.cohort_month
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    cohort_month,
    platform,
    cast(customers as {{ type_of('whole') }}) as customers,
    cast(orders as {{ type_of('whole') }}) as orders,
    cast(repeat_customers as {{ type_of('whole') }}) as repeat_customers,
    {{ money('net_revenue') }} as net_revenue,
    {{ money('gross_profit') }} as gross_profit,
    {{ ratio('net_revenue', 'customers') }} as revenue_per_customer,
    {{ ratio('gross_profit', 'customers') }} as ltv,
    {% for days in ages -%}
    case when days_old >= {{ days }} then {{ ratio('profit_' ~ days, 'customers') }} end
        as ltv_{{ days }}_days,
    {% endfor -%}
    {{ money('marketing_cost') }} as marketing_cost,
    {{ money('ad_spend') }} as ad_spend,
    {{ ratio('ad_spend', 'customers') }} as cac,
    {{ ratio('gross_profit', 'ad_spend') }} as ltv_to_cac,
    cast(case when days_old > payback_days then payback_days end as {{ type_of('whole') }}) as payback_days,
    cast(unknown_orders as {{ type_of('whole') }}) as unknown_customer_orders,
    {{ money('unknown_net_revenue') }} as unknown_customer_net_revenue,
    {{ money('unknown_gross_profit') }} as unknown_customer_gross_profit,
    cohort_month < date '{{ known_from.isoformat() }}' as is_left_censored,
    '{{ var("reporting_currency") }}' as currency
from cohorts
