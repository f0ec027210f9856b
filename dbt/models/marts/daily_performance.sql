{{ config(meta={'replaces': 'mart_days'}) }}

-- The days of the run, the days that compare with them, and the days all of these look back at.
with daily as (
    select
        *,
        {{ ratio('revenue', 'ad_spend') }} as roas
    from {{ ref('int_daily_performance') }}
    where {{ tenant_days(which='reference_days') }}
)

select
    daily.tenant_id,
    daily.day,
    daily.day as date,
    daily.revenue as total_revenue,
    daily.orders as total_orders,
    daily.units as total_units,
    {{ ratio('daily.revenue', 'daily.orders') }} as avg_order_value,
    daily.refund_amount as total_refund_amount,
    daily.ad_spend as total_ad_spend,
    daily.impressions as total_impressions,
    daily.clicks as total_clicks,
    daily.conversions as total_conversions,
    daily.conversion_value as total_conversion_value,
    daily.currency,
    daily.roas,
    {{ ratio('daily.ad_spend', 'daily.conversions') }} as cpa,
    {{ ratio('daily.clicks', 'daily.impressions') }} as ctr,
    {{ ratio('daily.conversions', 'daily.clicks') }} as conversion_rate,
    {{ change('daily.revenue', 'yesterday.revenue') }} as revenue_vs_yesterday,
    {{ change('daily.revenue', 'last_week.revenue') }} as revenue_vs_last_week,
    {{ change('daily.revenue', 'last_month.revenue') }} as revenue_vs_last_month,
    {{ change('daily.roas', 'yesterday.roas') }} as roas_vs_yesterday,
    cast(null as {{ type_of('flag') }}) as is_anomaly,
    cast(null as {{ type_of('text') }}) as anomaly_type,
    daily.is_final,
    daily.expected_revenue,
    daily.expected_revenue_low,
    daily.expected_revenue_high,
    daily.expected_conversions,
    daily.expected_conversions_low,
    daily.expected_conversions_high
from daily
left join daily as yesterday
    on {{ day_before('day', 1, 'daily.day') }} = yesterday.day
left join daily as last_week
    on {{ day_before('day', 7, 'daily.day') }} = last_week.day
left join daily as last_month
    on {{ day_before('month', 1, 'daily.day') }} = last_month.day
where {{ tenant_days('daily', 'mart_days') }}
