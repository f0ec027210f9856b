{{ expected_finals(
    ref('order_observations'), 'shop_id', ['orders', 'units', 'revenue', 'refunds'], needs_late_look=false
) }}
