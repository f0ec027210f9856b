{%- set metrics = ['orders', 'units', 'revenue', 'refunds'] -%}

with shops as (
    select
        tenant_id,
        day,
        platform,
        shop_id,
        max(currency) as currency,
        '{{ var("time_zone") }}' as time_zone,
        cast(sum(case when is_revenue then 1 else 0 end) as {{ type_of('whole') }}) as orders,
        cast(sum(case when is_revenue then units else 0 end) as {{ type_of('whole') }}) as units,
        {{ money('sum(case when is_revenue then net_amount else 0 end)') }} as revenue,
        {{ money('sum(case when is_revenue then refund_amount else 0 end)') }} as refunds,
        max(_ingested_at) as observed_at
    from {{ ref('orders') }}
    where {{ tenant_days() }}
    group by tenant_id, day, platform, shop_id
),

{{ observed('shops', ['platform', 'shop_id'], metrics, ['platform', 'shop_id']) }}
