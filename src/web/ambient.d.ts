/** Styles are the bundler's business. */
declare module "*.css";

/** Ant Design ships these as ES modules without saying so in its package, which the compiler would read as CommonJS. */
declare module "antd/es/locale/zh_TW" {
  import type { Locale } from "antd/es/locale";

  const locale: Locale;
  export default locale;
}
declare module "antd/es/locale/en_US" {
  import type { Locale } from "antd/es/locale";

  const locale: Locale;
  export default locale;
}
