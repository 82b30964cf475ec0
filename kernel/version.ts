/** Our version, of package.json. */
export const VERSION = '0.1.0';
/** The Salt release whose wire, options and output we follow. */
export const SALT_VERSION = '3008.3';
