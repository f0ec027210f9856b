{%- set platforms = ['shopee', 'shopify'] %}
{%- set elsewhere = "platform not in ('" ~ platforms | join("', '") ~ "')" %}

with lines as (
    select *
    from {{ ref('int_order_lines') }}
    where {{ tenant_days() }}
),

products as (
    select
        day,
        sku_master,
        -- A name is a property of the product; where lines of a day disagree, one of them is as good.
        max(product_name) as product_name,
        max(category) as category,
        {% for platform in platforms -%}
        sum(case when platform = '{{ platform }}' then quantity else 0 end) as {{ platform }}_units,
        sum(case when platform = '{{ platform }}' then net_revenue else 0 end) as {{ platform }}_revenue,
        {% endfor -%}
        sum(case when {{ elsewhere }} then quantity else 0 end) as others_units,
        sum(case when {{ elsewhere }} then net_revenue else 0 end) as others_revenue,
        sum(quantity) as total_units,
        sum(net_revenue) as total_revenue,
        sum(cogs) as cost
    from lines
    group by day, sku_master
)

select
    '{{ var("tenant_id") }}' as tenant_id,
    day,
    day as date,
    sku_master,
    product_name,
    category,
    {% for platform in platforms + ['others'] -%}
    cast({{ platform }}_units as {{ type_of('whole') }}) as {{ platform }}_units,
    {{ money(platform ~ '_revenue') }} as {{ platform }}_revenue,
    {% endfor -%}
    cast(total_units as {{ type_of('whole') }}) as total_units,
    {{ money('total_revenue') }} as total_revenue,
    {{ money('cost') }} as cost,
    {{ money('total_revenue - cost') }} as gross_profit,
    {{ multiply_divide('total_revenue - cost', '100', 'total_revenue') }} as margin_percent,
    rank() over (partition by day order by total_revenue desc) as revenue_rank,
    rank() over (partition by day order by total_units desc) as units_rank,
    '{{ var("reporting_currency") }}' as currency
from products
