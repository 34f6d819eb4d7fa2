import { Form, Input } from 'antd';
import { defineTexts, useTexts } from '../../i18n/texts.ts';

const TEXTS = defineTexts({
  code: ['验证码', 'Code'],
  help: ['验证器应用当前显示的 6 位数字，或一个恢复码', 'The six digits that the authenticator app shows, or a recovery code'],
  missing: ['请输入验证码', 'Enter the code'],
});

export function CodeItem({ isOptional = false, help }: { readonly isOptional?: boolean; readonly help?: string }) {
  const t = useTexts(TEXTS);
  return (
    <Form.Item
      name="code"
      label={t('code')}
      extra={help ?? t('help')}
      rules={isOptional ? [] : [{ required: true, message: t('missing') }]}
    >
      <Input autoFocus={!isOptional} autoComplete="one-time-code" inputMode="text" maxLength={40} />
    </Form.Item>
  );
}
