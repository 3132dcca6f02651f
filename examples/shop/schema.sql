CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  number TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  city TEXT NOT NULL,
  country TEXT NOT NULL,
  since DATE NOT NULL,
  credit_limit NUMERIC(10, 2) NOT NULL,
  internal_note TEXT,
  UNIQUE (tenant_id, number)
);
CREATE TABLE products (
  id INTEGER PRIMARY KEY,
  sku TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  family TEXT NOT NULL,
  price NUMERIC(10, 2) NOT NULL,
  power_w INTEGER,
  weight_kg NUMERIC(6, 1) NOT NULL,
  warranty_months INTEGER NOT NULL,
  launched_on DATE NOT NULL,
  discontinued BOOLEAN NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  ordered_on DATE NOT NULL,
  shipped_on DATE,
  status TEXT NOT NULL,
  channel TEXT NOT NULL,
  total NUMERIC(10, 2) NOT NULL,
  shipping_cost NUMERIC(8, 2) NOT NULL
);
CREATE TABLE order_lines (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  order_id INTEGER NOT NULL REFERENCES orders (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  quantity INTEGER NOT NULL,
  unit_price NUMERIC(10, 2) NOT NULL,
  discount_percent INTEGER NOT NULL
);
CREATE TABLE returns (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  order_line_id INTEGER NOT NULL REFERENCES order_lines (id),
  returned_on DATE NOT NULL,
  quantity INTEGER NOT NULL,
  reason TEXT NOT NULL,
  refund NUMERIC(10, 2) NOT NULL
);
CREATE TABLE stock (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products (id),
  warehouse TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  reorder_level INTEGER NOT NULL,
  counted_on DATE NOT NULL
);
CREATE TABLE service_requests (
  id INTEGER PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  product_id INTEGER NOT NULL REFERENCES products (id),
  opened_on DATE NOT NULL,
  closed_on DATE,
  topic TEXT NOT NULL,
  priority TEXT NOT NULL,
  status TEXT NOT NULL,
  rating INTEGER
);
