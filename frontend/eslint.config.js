import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist/**', 'dist-check/**', 'dist-lib/**', 'public/**', 'eslint.config.js'] },
  tseslint.configs.recommendedTypeChecked,
  pluginVue.configs['flat/essential'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      '@typescript-eslint/require-await': 'off',
      // A notification's words come from strangers: they are text, never markup.
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      // The strict Content-Security-Policy: no style attribute in the page.
      'vue/no-static-inline-styles': 'error',
      'no-restricted-properties': ['error', { property: 'innerHTML' }],
    },
  },
  {
    // What comes out of a .vue file only vue-tsc can type; it runs beside this.
    files: ['**/*.vue', 'src/main.ts', 'src/router.ts', 'tests/components/**'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
)
