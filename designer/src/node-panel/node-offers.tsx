import { Button, Modal } from 'antd';
import { ListChecks } from 'lucide-react';
import { useState } from 'react';
import { useMay } from '../session/session-context.ts';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { useForm } from '../kit/form/form-context.tsx';
import { OfferList, type Offer } from './offer-list.tsx';

const TEXTS = defineTexts({
  open: ['从对方系统的描述中选择', 'Choose from the other side’s description'],
  title: ['对方提供的操作', 'What the other side offers'],
  help: [
    '从对方系统读取：SOAP 服务的 WSDL（也可在适配器中上传其文件），或数据库的表和视图。选择后自动填好下面的字段，仍可修改。',
    'Read from the other side: the WSDL of a SOAP service (its files can also be uploaded at the adapter), or the tables and views of a database. The fields below are then filled in, and can still be changed.',
  ],
  take: ['填入', 'Fill in'],
  cancel: ['取消', 'Cancel'],
});

interface NodeOffersProps {
  readonly adapterId: string;
  readonly nodeType: string;
  readonly onTake: (config: Offer['config']) => void;
}

/** Lets the author choose an operation that the hospital's system describes, and fills in the node's form with it. */
export function NodeOffers({ adapterId, nodeType, onTake }: NodeOffersProps) {
  const t = useTexts(TEXTS);
  const may = useMay();
  const { isReadOnly } = useForm();
  const [isOpen, setOpen] = useState(false);
  const [offer, setOffer] = useState<Offer>();
  if (isReadOnly || !may('adapters.test')) return null;
  const take = () => {
    if (offer !== undefined) onTake({ ...offer.initial, ...offer.config });
    setOpen(false);
  };
  return (
    <>
      <Button icon={<ListChecks size={16} />} onClick={() => setOpen(true)}>
        {t('open')}
      </Button>
      {isOpen ? (
        <Modal
          open
          title={t('title')}
          okText={t('take')}
          cancelText={t('cancel')}
          okButtonProps={{ disabled: offer === undefined }}
          onOk={take}
          onCancel={() => setOpen(false)}
        >
          <p>{t('help')}</p>
          <OfferList adapterId={adapterId} nodeType={nodeType} chosen={offer?.name} onChoose={setOffer} />
        </Modal>
      ) : null}
    </>
  );
}
