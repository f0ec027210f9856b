-- One row for each day that was run, zeros included: a day without sales is a fact, a missing day is not.
with sales as (
    select
        day,
        sum(revenue) as revenue,
        sum(orders) as orders,
        sum(units) as units,
        sum(refund_amount) as refund_amount,
        min(case when is_final then 1 else 0 end) as is_final,
        {{ sum_of_all('expected_revenue') }} as expected_revenue,
        {{ sum_of_all('expected_revenue_low') }} as expected_revenue_low,
        {{ sum_of_all('expected_revenue_high') }} as expected_revenue_high
    from {{ ref('int_daily_shops') }}
    where {{ tenant_days() }}
    group by day
),

ads as (
    select
        day,
        sum(spend) as spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks,
        sum(conversions) as conversions,
        sum(conversion_value) as conversion_value,
        min(case when is_final then 1 else 0 end) as is_final,
        {{ sum_of_all('expected_conversions') }} as expected_conversions,
        {{ sum_of_all('expected_conversions_low') }} as expected_conversions_low,
        {{ sum_of_all('expected_conversions_high') }} as expected_conversions_high
    from {{ ref('int_daily_campaigns') }}
    where {{ tenant_days() }}
    group by day
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    days.day,
    {{ money('coalesce(sales.revenue, 0)') }} as revenue,
    cast(coalesce(sales.orders, 0) as {{ type_of('whole') }}) as orders,
    cast(coalesce(sales.units, 0) as {{ type_of('whole') }}) as units,
    {{ money('coalesce(sales.refund_amount, 0)') }} as refund_amount,
    {{ money('coalesce(ads.spend, 0)') }} as ad_spend,
    cast(coalesce(ads.impressions, 0) as {{ type_of('whole') }}) as impressions,
    cast(coalesce(ads.clicks, 0) as {{ type_of('whole') }}) as clicks,
    {{ money('coalesce(ads.conversions, 0)') }} as conversions,
    {{ money('coalesce(ads.conversion_value, 0)') }} as conversion_value,
    '{{ var("reporting_currency") }}' as currency,
    -- A day of which no platform tells anything is final when it is old enough to be.
    coalesce(least(sales.is_final, ads.is_final), sales.is_final, ads.is_final, 1) = 1
    and {{ days_between('days.day', "date '" ~ var('today') ~ "'") }} >= {{ settles_last() }} as is_final,
    sales.expected_revenue,
    sales.expected_revenue_low,
    sales.expected_revenue_high,
    ads.expected_conversions,
    ads.expected_conversions_low,
    ads.expected_conversions_high
from ({{ day_spine() }}) as days
left join sales on days.day = sales.day
left join ads on days.day = ads.day
