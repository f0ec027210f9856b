-- What campaigns brought: by the orders that name them, where any order of the tenant's shops does; else by
-- what the platform claims, at the day's margin before marketing.
with campaigns as (
    select *
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
),

brought as (
    select
        allocation.day,
        allocation.ads_platform,
        allocation.account_id,
        allocation.campaign_id,
        count(*) as orders,
        sum(profits.net_revenue) as revenue,
        sum(profits.profit + profits.marketing_cost) as profit
    from {{ ref('int_marketing_allocation') }} as allocation
    inner join {{ ref('order_profit') }} as profits
        on
            allocation.platform = profits.platform
            and allocation.shop_id = profits.shop_id
            and allocation.order_id = profits.order_id
            and {{ tenant_days('profits') }}
    where {{ tenant_days('allocation') }} and allocation.attribution_rule = 'click'
    group by allocation.day, allocation.ads_platform, allocation.account_id, allocation.campaign_id
),

margins as (
    select
        day,
        sum(profit + marketing_cost) as profit,
        sum(net_revenue) as revenue
    from {{ ref('order_profit') }}
    where {{ tenant_days() }}
    group by day
),

attributed as (
    select
        campaigns.*,
        case when brought.day is not null then 'click' else 'claimed' end as attribution_rule,
        cast(brought.orders as {{ type_of('whole') }}) as attributed_orders,
        {{ money('coalesce(brought.revenue, campaigns.conversion_value)') }} as attributed_revenue,
        coalesce(
            brought.profit,
            {{ multiply_divide('campaigns.conversion_value', 'margins.profit', 'margins.revenue') }}
        ) as attributed_profit
    from campaigns
    left join brought
        on
            campaigns.day = brought.day
            and campaigns.platform = brought.ads_platform
            and campaigns.account_id = brought.account_id
            and campaigns.campaign_id = brought.campaign_id
    left join margins on campaigns.day = margins.day
)

select
    tenant_id,
    day,
    day as date,
    platform,
    account_id,
    campaign_id,
    campaign_name,
    spend,
    attribution_rule,
    attributed_orders,
    attributed_revenue,
    {{ money('attributed_profit') }} as attributed_profit,
    {{ money('attributed_profit - spend') }} as profit_after_spend,
    {{ ratio('attributed_revenue', 'spend') }} as roas,
    {{ ratio('attributed_profit', 'spend') }} as poas,
    currency
from attributed
