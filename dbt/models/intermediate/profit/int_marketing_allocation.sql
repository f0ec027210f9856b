-- Every unit of ad spend stands here exactly once: at the orders that a campaign brought, at the other orders
-- of the day, or at no order where the day had none.
with orders as (
    select
        day,
        platform,
        shop_id,
        order_id,
        amount_reporting
    from {{ ref('orders') }}
    where {{ tenant_days() }} and is_revenue
),

spend as (
    select
        day,
        platform as ads_platform,
        account_id,
        campaign_id,
        spend
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
),

-- An order is brought by one campaign: the last one that it names and that spent on its day.
matched as (
    select
        orders.day,
        orders.platform,
        orders.shop_id,
        orders.order_id,
        orders.amount_reporting,
        spend.ads_platform,
        spend.account_id,
        spend.campaign_id,
        spend.spend
    from orders
    inner join {{ ref('order_attribution') }} as attribution
        on
            orders.platform = attribution.platform
            and orders.shop_id = attribution.shop_id
            and orders.order_id = attribution.order_id
            and {{ tenant_days('attribution') }}
    inner join spend
        on
            orders.day = spend.day
            and attribution.ads_platform = spend.ads_platform
            and attribution.campaign_id = spend.campaign_id
),

-- Orders carry spend by what they brought; where all of them were for nothing, they carry it alike.
click_weights as (
    select
        *,
        case
            when sum(amount_reporting) over (partition by day, ads_platform, account_id, campaign_id) > 0
                then amount_reporting
            else 1
        end as weight
    from matched
),

by_click as (
    select
        *,
        sum(weight) over (of_campaign) as total,
        sum(weight) over (of_campaign order by platform, shop_id, order_id) as upto
    from click_weights
    window of_campaign as (partition by day, ads_platform, account_id, campaign_id)
),

campaigns_with_orders as (
    select distinct
        day,
        ads_platform,
        account_id,
        campaign_id
    from matched
),

rest as (
    select
        spend.day,
        spend.ads_platform,
        sum(spend.spend) as spend
    from spend
    left join campaigns_with_orders as brought
        on
            spend.day = brought.day
            and spend.ads_platform = brought.ads_platform
            and spend.account_id = brought.account_id
            and spend.campaign_id = brought.campaign_id
    where brought.day is null
    group by spend.day, spend.ads_platform
),

-- The orders of a day that no campaign brought; all of them where campaigns brought every one.
unbrought as (
    select
        orders.day,
        orders.platform,
        orders.shop_id,
        orders.order_id,
        orders.amount_reporting,
        matched.order_id is null as is_unbrought,
        max(case when matched.order_id is null then 1 else 0 end) over (partition by orders.day) = 1
            as day_has_unbrought
    from orders
    left join matched
        on
            orders.platform = matched.platform
            and orders.shop_id = matched.shop_id
            and orders.order_id = matched.order_id
),

day_weights as (
    select
        *,
        case
            when sum(amount_reporting) over (partition by day) > 0 then amount_reporting
            else 1
        end as weight
    from unbrought
    where is_unbrought or not day_has_unbrought
),

sharing as (
    select
        *,
        sum(weight) over (of_day) as total,
        sum(weight) over (of_day order by platform, shop_id, order_id) as upto
    from day_weights
    window of_day as (partition by day)
),

allocated as (
    select
        day,
        platform,
        shop_id,
        order_id,
        ads_platform,
        account_id,
        campaign_id,
        'click' as attribution_rule,
        {{ allocate('spend', 'upto', 'weight', 'total') }} as amount
    from by_click
    union all
    select
        rest.day,
        sharing.platform,
        sharing.shop_id,
        sharing.order_id,
        rest.ads_platform,
        cast(null as {{ type_of('text') }}) as account_id,
        cast(null as {{ type_of('text') }}) as campaign_id,
        case when sharing.order_id is null then 'none' else 'day' end as attribution_rule,
        case
            when sharing.order_id is null then rest.spend
            else {{ allocate('rest.spend', 'sharing.upto', 'sharing.weight', 'sharing.total') }}
        end as amount
    from rest
    left join sharing on rest.day = sharing.day
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    platform,
    shop_id,
    order_id,
    ads_platform,
    account_id,
    campaign_id,
    attribution_rule,
    {{ money('amount') }} as amount,
    '{{ var("reporting_currency") }}' as currency
from allocated
