-- a shop
CREATE TYPE order_status AS ENUM ('new', 'paid', 'shipped');
CREATE TABLE public.customers (
    id bigserial PRIMARY KEY,
    email varchar(120) NOT NULL UNIQUE,
    full_name text NOT NULL,
    country char(2),
    created_at timestamptz NOT NULL DEFAULT now(),
    tags text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE IF NOT EXISTS public.orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id bigint NOT NULL REFERENCES public.customers (id) ON DELETE CASCADE,
    status order_status NOT NULL DEFAULT 'new',
    total numeric(10, 2) NOT NULL CHECK (total >= 0),
    channel text NOT NULL CHECK (channel IN ('web', 'app', 'phone')),
    placed_at timestamp with time zone NOT NULL,
    delivered_on date
);
CREATE TABLE order_lines (
    order_id uuid NOT NULL,
    line smallint NOT NULL,
    product varchar(40) NOT NULL,
    price double precision,
    gift boolean DEFAULT false,
    PRIMARY KEY (order_id, line),
    CONSTRAINT fk_order FOREIGN KEY (order_id) REFERENCES public.orders (id)
);
CREATE INDEX orders_by_day ON orders (placed_at);
INSERT INTO customers VALUES (1, 'a;b');
