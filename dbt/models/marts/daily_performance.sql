{{ config(meta={'replaces': 'mart_days'}) }}

-- The days of the run, the days that compare with them, and the days all of these look back at.
with daily as (
    select
        *,
        {{ ratio('revenue', 'ad_spend') }} as roas
    from {{ ref('int_daily_performance') }}
    where {{ tenant_days(which='reference_days') }}
),

-- What was unusual about the whole business on a day, as of the day after: the most unusual of what people
-- were told; a day without a row was not judged.
judged as (
    select
        date,
        is_alert,
        anomaly_type,
        row_number() over (
            partition by date order by case when is_alert then 0 else 1 end asc, score desc, metric asc
        ) as place
    from {{ source('ml', 'anomalies') }}
    where
        tenant_id = '{{ var("tenant_id") }}'
        and day >= date '{{ (var("mart_days") or ["1970-01-01"]) | first }}'
        and date in ({{ day_literals('mart_days') }})
        and entity_type = 'tenant'
        and expected is not null
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
    judged.is_alert as is_anomaly,
    case when judged.is_alert then judged.anomaly_type end as anomaly_type,
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
left join judged
    on daily.day = judged.date and judged.place = 1
where {{ tenant_days('daily', 'mart_days') }}
